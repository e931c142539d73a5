// Package schedules holds the named rhythms that reports run by (domain.md §1.9, rest-1.md §7).
package schedules

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

const (
	model     = "Schedule"
	auditType = "schedule"
	inUse     = "This schedule is currently in use."
)

// Types of a schedule and of a monthly one.
const (
	Daily   = "daily"
	Weekly  = "weekly"
	Monthly = "monthly"

	Weeks = "weeks"
	Days  = "days"
)

// Schedule is one rhythm. Lists that do not matter for its type are kept, so that switching the type back loses nothing.
type Schedule struct {
	ID           int32      `json:"id" db:"id"`
	Name         string     `json:"name" db:"name"`
	RunTime      string     `json:"run_time" db:"run_time"`                             // hh:mm:ss, with six digits of fraction when there is one
	Weekdays     []int16    `json:"run_time_weekdays" db:"run_time_weekdays"`           // 0 Monday to 6 Sunday
	Months       []int16    `json:"monthly_months_of_year" db:"monthly_months_of_year"` // 1 to 12
	DaysOfMonth  []int32    `json:"monthly_days_of_month" db:"monthly_days_of_month"`   // 1 to 31, 32 the last day
	WeeksOfMonth []int16    `json:"monthly_weeks_of_month" db:"monthly_weeks_of_month"` // 1 to 4, 5 the last week
	Type         string     `json:"schedule_type" db:"schedule_type"`
	MonthlyType  string     `json:"monthly_type" db:"monthly_type"`
	CreatedBy    *string    `json:"created_by" db:"created_by"`
	CreatedTime  *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy   *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime *time.Time `json:"modified_time" db:"modified_time"`
}

// New returns a schedule with the defaults of domain.md §1.9.
func New() Schedule {
	return Schedule{Weekdays: []int16{}, Months: []int16{}, DaysOfMonth: []int32{}, WeeksOfMonth: []int16{}, Type: Weekly, MonthlyType: Days}
}

// Relevant returns the schedule with the lists emptied that do not matter for its type (rest-1.md §2 Schedule).
func (s Schedule) Relevant() Schedule {
	empty := New()
	if s.Type == Daily || s.Type == Monthly && s.MonthlyType == Days {
		s.Weekdays = empty.Weekdays
	}
	if s.Type != Monthly {
		s.Months = empty.Months
	}
	if s.Type != Monthly || s.MonthlyType == Weeks {
		s.DaysOfMonth = empty.DaysOfMonth
	}
	if s.Type != Monthly || s.MonthlyType == Days {
		s.WeeksOfMonth = empty.WeeksOfMonth
	}
	return s
}

// Service manages schedules.
type Service struct {
	pool  *pgxpool.Pool
	audit *audit.Log
}

// NewService returns a Service on the pool.
func NewService(pool *pgxpool.Pool, log *audit.Log) *Service { return &Service{pool: pool, audit: log} }

// The time of day is read as text in the contract's form.
const selectSchedule = `SELECT id, name, replace(to_char(run_time::interval, 'HH24:MI:SS.US'), '.000000', '') AS run_time,
  run_time_weekdays, monthly_months_of_year, monthly_days_of_month, monthly_weeks_of_month, schedule_type, monthly_type,
  created_by, created_time, modified_by, modified_time FROM schedules `

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func one(ctx context.Context, db querier, id int32, lock string) (Schedule, error) {
	rows, err := db.Query(ctx, selectSchedule+`WHERE id = $1 `+lock, id)
	if err != nil {
		return Schedule{}, fmt.Errorf("get schedule: %w", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Schedule])
	if errors.Is(err, pgx.ErrNoRows) {
		return Schedule{}, fault.NotFound(model)
	}
	if err != nil {
		return Schedule{}, fmt.Errorf("get schedule: %w", err)
	}
	return s, nil
}

// List returns all schedules by id.
func (s *Service) List(ctx context.Context) ([]Schedule, error) {
	rows, err := s.pool.Query(ctx, selectSchedule+`ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Schedule])
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return list, nil
}

// Create stores a schedule and returns it as stored.
func (s *Service) Create(ctx context.Context, n Schedule) (stored Schedule, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var id int32
		err := tx.QueryRow(ctx, `
			INSERT INTO schedules (name, run_time, run_time_weekdays, monthly_months_of_year, monthly_days_of_month,
			  monthly_weeks_of_month, schedule_type, monthly_type, created_by, modified_by)
			VALUES ($1, $2::text::time, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id`,
			n.Name, n.RunTime, n.Weekdays, n.Months, n.DaysOfMonth, n.WeeksOfMonth, n.Type, n.MonthlyType,
			access.From(ctx).Username).Scan(&id)
		if err != nil {
			return fmt.Errorf("create schedule: %w", err)
		}
		if stored, err = one(ctx, tx, id, ""); err != nil {
			return err
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: auditType, Name: n.Name, After: n})
	})
	return stored, err
}

// Update changes a schedule with the given function and returns it as stored.
func (s *Service) Update(ctx context.Context, id int32, change func(*Schedule)) (stored Schedule, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := one(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		n := before
		change(&n)
		_, err = tx.Exec(ctx, `
			UPDATE schedules SET name = $2, run_time = $3::text::time, run_time_weekdays = $4, monthly_months_of_year = $5,
			  monthly_days_of_month = $6, monthly_weeks_of_month = $7, schedule_type = $8, monthly_type = $9, modified_by = $10,
			  modified_time = now() WHERE id = $1`,
			id, n.Name, n.RunTime, n.Weekdays, n.Months, n.DaysOfMonth, n.WeeksOfMonth, n.Type, n.MonthlyType,
			access.From(ctx).Username)
		if err != nil {
			return fmt.Errorf("update schedule: %w", err)
		}
		if err := s.audit.Change(ctx, tx, audit.Object{Type: auditType, Name: n.Name, Before: before, After: n}); err != nil {
			return err
		}
		stored, err = one(ctx, tx, id, "")
		return err
	})
	return stored, err
}

// Delete removes a schedule; one that a report runs by stays.
func (s *Service) Delete(ctx context.Context, id int32) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := one(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM schedules WHERE id = $1`, id)
		if postgres.Code(err) == postgres.ForeignKeyViolation {
			return fault.Refused(inUse)
		}
		if err != nil {
			return fmt.Errorf("delete schedule: %w", err)
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: auditType, Name: before.Name, Before: before})
	})
}
