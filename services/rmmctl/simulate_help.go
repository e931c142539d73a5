package main

const simulateHelp = `Enrols simulated agents through the public route, connects them, plays a scenario and reports what the server achieved.
Agents are real to the server: each has a NATS connection of its own, plain or WebSocket, posts over real HTTP, has
inventory of realistic size (46 kB of hardware, 220 services, 120 programs), checks that pass, fail and flap, and
answers commands after realistic delays. Point it only at a server that is yours.

SCENARIOS
  steady      what real agents do, at their real cadence: a hello every 45 s, checks every 150 s, inventory every hour.
              --speed 10 makes ten agents of each one: 1,000 agents at speed 10 load like 10,000, with fewer connections
  ramp        the fleet connects evenly over nine tenths of the duration; who is connected does as in steady
  reconnect   reconnect storm: every connection is cut at once and comes back as deployed agents do, after 2 to 7.5 s and
              again after as long. --cut restarts the bus instead. With --key, a person's requests before and meanwhile show
              whether others suffer. "reconnect" in the report is the time until the last one is back
  enrolment   enrolment storm: --agents new machines enrol, --workers at a time
  heartbeats  hellos at --rate per second; some are superseded by newer ones before they are written, as they may be
  inventory   hardware reports at --rate per second; --changed 0.1 makes every tenth differ from the last one
  results     result flood: check results over HTTP at --rate per second
  bulk        a script on the whole fleet through the bulk route, until the last answer is acknowledged

WHAT IT NEEDS
  Addresses   --api and --nats, or the access file of a suite on this machine (rmmctl suite run writes it). The file also gives
              the database, the private ports and the servers' ports for the two lines below. --insecure accepts any certificate
  A site      --site, and for enrolling --key (a user who may install agents) or --token (of an installer). bulk and the
              requests of reconnect need --key too
  Checks      steady, ramp and results post results of the checks that the site's policy gives the agents: ping and script
              checks. --prepare makes client, site, policy and checks on a server for tests, with the key of a superuser; a
              suite on this machine needs none
  Losses      --database-url counts what was acknowledged against the tables: results by their number, enrolments by agent,
              answers to commands by their row. Only results of ping and script checks bear a number
  Services    --metrics api=http://127.0.0.1:9101,natsapi=http://127.0.0.1:9103 reads the private ports: CPU, memory, and
              the server's own counters of check-ins (written, superseded, unchanged, refused, lag).
              --watch postgres=5432,nats-server=4222 adds servers on this machine by the port they listen on

BOUNDS
  Rates and duration are upper bounds: the run ends by itself, and Ctrl-C ends it early, in any phase, with a report of what was
  measured. The agents stay enrolled: "rmmctl simulate remove" takes them away again.
  The server bounds one agent to about 60 check-ins in ten seconds and 3,000 results in a minute; more than that per agent
  is refused and shows as failed. Offer high rates with many agents.

LARGE FLEETS
  One source address carries about 28,000 connections: --sources 4 uses 127.0.0.2 to 127.0.0.5 in turn, on a server on this
  machine. --processes 4 shares agents and rates among four processes; of p95, p99 and max the worst process's is shown.
  Let each process and the server open enough files (ulimit -n above the connections). For several machines give each its
  own --first and --agents. --state keeps the identities, so that the next run does not enrol again; it holds credentials.

THE REPORT
  done, failed, per s   what was acknowledged, what was not with its reasons, and the achieved rate: compare with --rate
  p50 … max             time until the acknowledgement; heartbeats and inventory are not acknowledged, so theirs is the
                        time to hand them to the connection, and the server's lag is among its counters
  lost                  acknowledged and not stored within --settle: must be 0
  doubled               stored more than once: must be 0
  ended early           in which phase Ctrl-C came
  CPU, memory           of each service over the scenario; memory at the end and the most that was seen, every five seconds
  Something lost or doubled, or that could not be counted, ends the command with exit code 1. The progress is one line on a
  terminal, and a line every ten seconds in a file or pipe.
  The simulator shares the machine's CPU when it runs beside the server; docs/scale.md says how to plan capacity.`

const simulateExamples = `  rmmctl simulate steady --prepare --agents 1000 --duration 5m --state fleet.jsonl       # the suite on this machine
  rmmctl simulate remove --state fleet.jsonl                                             # and away again
  rmmctl simulate results --agents 500 --rate 2000 --duration 1m --site 1 --key KEY --database-url postgres://… --report results.json
  rmmctl simulate reconnect --agents 20000 --processes 4 --sources 4 --duration 2m --site 1 --key KEY --state fleet.jsonl
  rmmctl simulate steady --agents 2000 --nats wss://rmm.example.com/natsws --api https://rmm.example.com --site 1 --token TOKEN`
