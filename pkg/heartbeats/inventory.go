package heartbeats

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/gueencode/gueenrmm/pkg/agents/inventory"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/schema/db/heartbeatsdb"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// column is one document of the inventory row.
type column struct {
	kind agentwire.Kind
	// shuffled says that equal content need not have equal bytes: deployed agents write hardware detail with its keys in
	// random order, so that one is recognised by its form with sorted keys.
	shuffled bool
	known    func(heartbeatsdb.InventoryHashesRow) []byte
	// render returns the document as JSON, and the hardware classes from which lists derive their texts.
	render func(data []byte) (agentID string, document []byte, classes map[string]any, err error)
}

func disksColumn() column {
	return column{
		kind:  agentwire.KindDisks,
		known: func(r heartbeatsdb.InventoryHashesRow) []byte { return r.DisksHash },
		render: func(data []byte) (string, []byte, map[string]any, error) {
			m, err := agentwire.DecodeDisks(data)
			if err != nil {
				return "", nil, nil, err
			}
			document, err := json.Marshal(m.Disks)
			return m.AgentID, document, nil, err
		},
	}
}

func servicesColumn() column {
	return column{
		kind:  agentwire.KindWinServices,
		known: func(r heartbeatsdb.InventoryHashesRow) []byte { return r.ServicesHash },
		render: func(data []byte) (string, []byte, map[string]any, error) {
			m, err := agentwire.DecodeWinServices(data)
			if err != nil {
				return "", nil, nil, err
			}
			document, err := json.Marshal(m.Services)
			return m.AgentID, document, nil, err
		},
	}
}

// wmiColumn renders from the sorted form, which takes a third of the time of decoding the tree and marshalling it.
func wmiColumn() column {
	return column{
		kind: agentwire.KindWMI, shuffled: true,
		known: func(r heartbeatsdb.InventoryHashesRow) []byte { return r.WmiDetailHash },
		render: func(data []byte) (string, []byte, map[string]any, error) {
			m, document, err := agentwire.TranscodeWMI(make([]byte, 0, len(data)+len(data)/4), data, inventory.Wanted)
			return m.AgentID, document, m.WMI, err
		},
	}
}

// document is a message that is new to the database.
type document struct {
	agentID  string
	received time.Time
	hash     []byte
	json     []byte
	summary  []byte // wmi only
	skip     reason // why it is not stored
	equal    bool   // it is stored already
	err      error
}

// inventory returns the writer of a column. It asks for the stored hashes first: nearly all messages are repetitions, and
// sending and parsing a document to find that out costs a hundred times more.
func (s *store) inventory(c column, skipped func(kind, agentID string, why reason, err error)) writer[[]byte] {
	return func(ctx context.Context, batch []item[[]byte]) ([]bus.Fact, error) {
		ids := make([]string, len(batch))
		for i, it := range batch {
			ids[i] = it.agentID
		}
		rows, err := s.q.InventoryHashes(ctx, s.pool, ids)
		if err != nil {
			return nil, fmt.Errorf("read inventory hashes: %w", err)
		}
		stored := make(map[string]heartbeatsdb.InventoryHashesRow, len(rows))
		for _, r := range rows {
			stored[r.AgentID] = r
		}
		docs, err := c.documents(ctx, batch, stored)
		if err != nil {
			return nil, err
		}
		changed := docs[:0]
		for _, d := range docs {
			switch {
			case d.equal:
				skipped(string(c.kind), d.agentID, "", nil)
			case d.skip != "":
				skipped(string(c.kind), d.agentID, d.skip, d.err)
			default:
				changed = append(changed, d)
			}
		}
		if len(changed) == 0 {
			return nil, nil
		}
		written, err := s.writeDocuments(ctx, c.kind, changed)
		if err != nil {
			return nil, fmt.Errorf("store %s: %w", c.kind, err)
		}
		return s.rowsChanged(written), nil
	}
}

// documents compares and renders the messages of agents that exist, on all processors.
func (c column) documents(ctx context.Context, batch []item[[]byte], stored map[string]heartbeatsdb.InventoryHashesRow) ([]document, error) {
	docs := make([]document, 0, len(batch))
	raw := make([][]byte, 0, len(batch))
	for _, it := range batch {
		if _, exists := stored[it.agentID]; exists {
			docs = append(docs, document{agentID: it.agentID, received: it.received})
			raw = append(raw, it.value)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range docs {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			c.fill(&docs[i], raw[i], stored[docs[i].agentID])
			return nil
		})
	}
	return docs, group.Wait()
}

func (c column) fill(d *document, raw []byte, row heartbeatsdb.InventoryHashesRow) {
	form := raw
	var err error
	if c.shuffled {
		if form, err = agentwire.AppendCanonical(make([]byte, 0, len(raw)), raw); err != nil {
			d.skip, d.err = reasonUndecodable, err
			return
		}
	}
	if d.hash = sum(form); bytes.Equal(d.hash, c.known(row)) {
		d.equal = true
		return
	}
	agentID, text, classes, err := c.render(form)
	if err != nil {
		d.skip, d.err = reasonUndecodable, err
		return
	}
	if agentID != d.agentID {
		d.skip = reasonForeignID
		return
	}
	d.json = text
	if c.kind == agentwire.KindWMI {
		d.summarise(row.Plat, classes)
	}
}

// summary is the form of inventory.Summary that the statement takes.
type summary struct {
	CPUModel      []string `json:"cpu_model"`
	Graphics      string   `json:"graphics"`
	LocalIPs      string   `json:"local_ips"`
	MakeModel     string   `json:"make_model"`
	PhysicalDisks []string `json:"physical_disks"`
	SerialNumber  string   `json:"serial_number"`
}

func (d *document) summarise(plat string, classes map[string]any) {
	derived := summary(inventory.DeriveMap(plat, classes))
	if derived.CPUModel == nil {
		derived.CPUModel = []string{}
	}
	if derived.PhysicalDisks == nil {
		derived.PhysicalDisks = []string{}
	}
	var err error
	if d.summary, err = json.Marshal(derived); err != nil {
		d.skip, d.err = reasonUndecodable, err
	}
}

func sum(data []byte) []byte {
	h := sha256.Sum256(data)
	return h[:16]
}

// batchMemory lets the database keep the new rows of a batch, which its triggers compare with the old ones, in memory: a batch
// has up to inventoryBatchMax bytes, twice the usual bound, and spilling it to a file takes a fifth of the time.
const batchMemory = `SET LOCAL work_mem = '64MB'`

func (s *store) writeDocuments(ctx context.Context, kind agentwire.Kind, docs []document) (written []string, err error) {
	var (
		ids, texts, summaries []string
		hashes                [][]byte
		ats                   []time.Time
	)
	for _, d := range docs {
		ids, texts, hashes, ats = append(ids, d.agentID), append(texts, string(d.json)), append(hashes, d.hash), append(ats, d.received)
		summaries = append(summaries, string(d.summary))
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, batchMemory); err != nil {
			return fmt.Errorf("take memory for the batch: %w", err)
		}
		switch kind {
		case agentwire.KindDisks:
			written, err = s.q.StoreDisks(ctx, tx, heartbeatsdb.StoreDisksParams{AgentIds: ids, Docs: texts, Hashes: hashes, Ats: ats})
		case agentwire.KindWinServices:
			written, err = s.q.StoreServices(ctx, tx, heartbeatsdb.StoreServicesParams{AgentIds: ids, Docs: texts, Hashes: hashes, Ats: ats})
		case agentwire.KindWMI:
			written, err = s.q.StoreWMI(ctx, tx, heartbeatsdb.StoreWMIParams{AgentIds: ids, Docs: texts, Hashes: hashes, Ats: ats, Summaries: summaries})
		default:
			err = fmt.Errorf("%w: %s is no inventory", errContent, kind)
		}
		return err
	})
	return written, err
}
