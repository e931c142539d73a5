// Package patches owns the Windows updates that agents report: scans, the outcome of installations and the removal of
// updates that newer ones replace (domain.md §1.12, §9).
package patches

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/proto/agentwire"

	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// MaxUpdates bounds the updates of one scan.
const MaxUpdates = 5000

// ErrReport marks a scan that cannot be understood.
var ErrReport = errors.New("update report is not valid")

// Update is one Windows update of an agent.
type Update struct {
	ID             int64      `db:"id"`
	DateInstalled  *time.Time `db:"date_installed"`
	GUID           *string    `db:"guid"`
	KB             *string    `db:"kb"`
	Title          *string    `db:"title"`
	Installed      bool       `db:"installed"`
	Downloaded     bool       `db:"downloaded"`
	Description    *string    `db:"description"`
	Severity       *string    `db:"severity"`
	Categories     []string   `db:"categories"`
	CategoryIDs    []string   `db:"category_ids"`
	KBArticleIDs   []string   `db:"kb_article_ids"`
	MoreInfoURLs   []string   `db:"more_info_urls"`
	SupportURL     *string    `db:"support_url"`
	RevisionNumber *int32     `db:"revision_number"`
	Action         string     `db:"action"`
	Result         string     `db:"result"`
	Agent          int32      `db:"agent"`
}

// Service is the use cases of updates.
type Service struct {
	pool *pgxpool.Pool
}

// NewService returns the service.
func NewService(pool *pgxpool.Pool) *Service { return &Service{pool: pool} }

// DecodeScan reads the updates of a scan; a null or missing list is empty. Errors wrap ErrReport and never quote the input.
func DecodeScan(body []byte) ([]agentwire.WindowsUpdate, error) {
	var scan agentwire.UpdateScan
	if err := json.Unmarshal(body, &scan); err != nil {
		return nil, fmt.Errorf("%w: not the expected JSON object", ErrReport)
	}
	if len(scan.Updates) > MaxUpdates {
		return nil, fmt.Errorf("%w: more than %d updates", ErrReport, MaxUpdates)
	}
	return scan.Updates, nil
}

// row is an update on its way into the table.
type row struct {
	Place          int      `json:"place"`
	GUID           string   `json:"guid"`
	KB             string   `json:"kb"`
	Title          string   `json:"title"`
	Installed      bool     `json:"installed"`
	Downloaded     bool     `json:"downloaded"`
	Description    string   `json:"description"`
	Severity       string   `json:"severity"`
	Categories     []string `json:"categories"`
	CategoryIDs    []string `json:"category_ids"`
	KBArticleIDs   []string `json:"kb_article_ids"`
	MoreInfoURLs   []string `json:"more_info_urls"`
	SupportURL     string   `json:"support_url"`
	RevisionNumber int64    `json:"revision_number"`
}

// Scan stores a scan: of known updates only whether they are downloaded and installed, new ones whole. New updates without
// an article number are left out. Then replaced updates are removed.
func (s *Service) Scan(ctx context.Context, agentPK int32, updates []agentwire.WindowsUpdate) error {
	rows := make([]row, 0, len(updates))
	seen := map[string]bool{}
	for i, u := range updates {
		guid := clean(u.GUID)
		if guid == "" || seen[guid] {
			continue
		}
		seen[guid] = true
		r := row{
			Place: i, GUID: guid, Title: clean(u.Title), Installed: u.Installed, Downloaded: u.Downloaded,
			Description: clean(u.Description), Severity: clean(u.Severity), Categories: cleanAll(u.Categories),
			CategoryIDs: cleanAll(u.CategoryIDs), KBArticleIDs: cleanAll(u.KBArticleIDs), MoreInfoURLs: cleanAll(u.MoreInfoURLs),
			SupportURL: clean(u.SupportURL), RevisionNumber: max(-1<<31, min(1<<31-1, u.RevisionNumber)),
		}
		if len(r.KBArticleIDs) > 0 {
			r.KB = "KB" + r.KBArticleIDs[0]
		}
		rows = append(rows, r)
	}
	payload, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("store update scan: %w", err)
	}
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, updateKnown, agentPK, json.RawMessage(payload)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertNew, agentPK, json.RawMessage(payload)); err != nil {
			return err
		}
		return removeSuperseded(ctx, tx, agentPK)
	})
	if err != nil {
		return fmt.Errorf("store update scan: %w", err)
	}
	return nil
}

const updateKnown = `UPDATE win_updates u SET installed = n.installed, downloaded = n.downloaded
	FROM jsonb_to_recordset($2) AS n (guid text, installed bool, downloaded bool)
	WHERE u.agent_id = $1 AND u.guid = n.guid AND (u.installed, u.downloaded) IS DISTINCT FROM (n.installed, n.downloaded)`

const insertNew = `INSERT INTO win_updates (agent_id, guid, kb, title, installed, downloaded, description, severity, categories,
		category_ids, kb_article_ids, more_info_urls, support_url, revision_number)
	SELECT $1, n.guid, n.kb, n.title, n.installed, n.downloaded, n.description, n.severity, n.categories, n.category_ids,
		n.kb_article_ids, n.more_info_urls, n.support_url, n.revision_number
	FROM jsonb_to_recordset($2) AS n (place int, guid text, kb text, title text, installed bool, downloaded bool, description text,
		severity text, categories text[], category_ids text[], kb_article_ids text[], more_info_urls text[], support_url text,
		revision_number int)
	WHERE n.kb <> '' ORDER BY n.place ON CONFLICT (agent_id, guid) DO NOTHING`

// Finish stores the outcome of one installation. ErrUnknown says that the agent has no such update.
func (s *Service) Finish(ctx context.Context, agentPK int32, guid string, success bool) error {
	query := `UPDATE win_updates SET result = 'failed' WHERE agent_id = $1 AND guid = $2`
	if success {
		query = `UPDATE win_updates SET result = 'success', downloaded = true, installed = true, date_installed = now()
			WHERE agent_id = $1 AND guid = $2`
	}
	done, err := s.pool.Exec(ctx, query, agentPK, clean(guid))
	if err != nil {
		return fmt.Errorf("store update result: %w", err)
	}
	if done.RowsAffected() == 0 {
		return ErrUnknown
	}
	return s.RemoveSuperseded(ctx, agentPK)
}

// ErrUnknown says that the agent has no update with that id.
var ErrUnknown = errors.New("unknown update")

// Remove deletes an update that no longer exists for the agent.
func (s *Service) Remove(ctx context.Context, agentPK int32, guid string) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM win_updates WHERE agent_id = $1 AND guid = $2`, agentPK, clean(guid)); err != nil {
		return fmt.Errorf("remove update: %w", err)
	}
	return nil
}

// OfAgent returns the updates of an agent, the newest first.
func (s *Service) OfAgent(ctx context.Context, agentPK int32) ([]Update, error) {
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Update], "list updates", `SELECT id, date_installed, guid, kb, title, installed, downloaded, description, severity,
		categories, category_ids, kb_article_ids, more_info_urls, support_url, revision_number, action, result, agent_id AS agent
		FROM win_updates WHERE agent_id = $1 ORDER BY id DESC`, agentPK)
}

// clean drops the character that Postgres cannot hold.
func clean(s string) string { return strings.ReplaceAll(s, "\x00", "") }

func cleanAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = clean(s)
	}
	return out
}
