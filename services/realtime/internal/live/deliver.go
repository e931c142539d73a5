package live

import (
	"encoding/json"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/proto/frames"
)

// message is an event rendered at most once per topic, whatever the number of sockets.
type message struct {
	event   string
	agentID string
	data    json.RawMessage
	byTopic map[string][]byte
}

func (h *Hub) message(event, agentID string, data any) *message {
	m := &message{event: event, agentID: agentID, byTopic: map[string][]byte{}}
	if data == nil {
		return m
	}
	raw, err := json.Marshal(data)
	if err != nil {
		h.limited.Warn("render", "event is not rendered", zap.Error(err))
		return nil
	}
	m.data = raw
	return m
}

func (m *message) render(topic string) ([]byte, error) {
	if have, ok := m.byTopic[topic]; ok {
		return have, nil
	}
	raw, err := json.Marshal(frames.LiveEvent{Topic: topic, Event: m.event, AgentID: m.agentID, Data: m.data})
	if err == nil {
		m.byTopic[topic] = raw
	}
	return raw, err
}

// send hands the message to everyone who subscribed to one of the topics and may see the placement: once each.
func (h *Hub) send(m *message, p placement, topics ...frames.Topic) {
	if m == nil {
		return
	}
	for c := range h.clients {
		if !c.sees(p) {
			continue
		}
		for _, t := range topics {
			if !c.subscribed(t) {
				continue
			}
			raw, err := m.render(t.Name)
			if err != nil {
				h.limited.Warn("render", "event is not rendered", zap.Error(err))
				return
			}
			h.push(c, m.event, raw)
			break
		}
	}
}

// deliver sends what happened to one agent.
func (h *Hub) deliver(row *agents.SearchRow, c change) {
	now := placement{row.ClientID, row.SiteID}
	all, one := frames.Topic{Name: frames.TopicAgents}, frames.Topic{Name: frames.TopicAgent, ID: row.AgentID}
	h.mu.Lock()
	defer h.mu.Unlock()
	if before, known := h.placed[row.AgentID]; known && before != now {
		h.sendLeft(row.AgentID, before, now)
	}
	h.placed[row.AgentID] = now
	if c.enrolled != nil {
		data := frames.EnrolledData{EnrolmentID: c.enrolled.ID, Hostname: row.Hostname}
		topics := []frames.Topic{all}
		if c.enrolled.ID != "" {
			topics = append([]frames.Topic{{Name: frames.TopicEnrolment, ID: c.enrolled.ID}}, topics...)
		}
		h.send(h.message(frames.EventEnrolled, row.AgentID, data), now, topics...)
	}
	switch {
	case c.row:
		h.send(h.message(frames.EventRow, row.AgentID, agentRow(row)), now, one, all)
	case c.presence:
		data := frames.PresenceData{Status: string(row.Status), Connected: row.Connected, LastSeen: utc(row.LastSeen), Version: row.Version}
		h.send(h.message(frames.EventPresence, row.AgentID, data), now, one, all)
	}
	if c.checks {
		h.send(h.message(frames.EventChecks, row.AgentID, frames.ChecksData{Checks: frames.CheckCounts(row.Checks)}), now, one, all)
	}
	for _, r := range c.results {
		data := frames.ResultData{What: r.What, HistoryID: r.HistoryID, CheckID: r.CheckID}
		h.send(h.message(frames.EventResult, row.AgentID, data), now, one)
	}
}

// sendRemoved is called with the lock held.
func (h *Hub) sendRemoved(agentID string, p placement) {
	delete(h.placed, agentID)
	delete(h.changed, agentID)
	h.send(h.message(frames.EventRemoved, agentID, nil), p,
		frames.Topic{Name: frames.TopicAgent, ID: agentID}, frames.Topic{Name: frames.TopicAgents})
}

// sendLeft tells clients that saw the agent at its old place and do not see it at the new one.
func (h *Hub) sendLeft(agentID string, before, now placement) {
	m := h.message(frames.EventRemoved, agentID, nil)
	for c := range h.clients {
		if !c.sees(before) || c.sees(now) || !c.subscribed(frames.Topic{Name: frames.TopicAgents}) {
			continue
		}
		if raw, err := m.render(frames.TopicAgents); err == nil {
			h.push(c, m.event, raw)
		}
	}
}

func (c *client) sees(p placement) bool {
	caller := c.Principal()
	return caller.Can(access.ListAgents) && caller.Scope.Agent(p.client, p.site)
}
