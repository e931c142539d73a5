package coreapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/schedules"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Schedule is a named rhythm (rest-1.md §2). Lists that do not matter for its type are empty.
type Schedule struct {
	ID                  int32   `json:"id"`
	Name                string  `json:"name"`
	RunTime             string  `json:"run_time"`
	RunTimeWeekdays     []int16 `json:"run_time_weekdays"`
	MonthlyMonthsOfYear []int16 `json:"monthly_months_of_year"`
	MonthlyDaysOfMonth  []int32 `json:"monthly_days_of_month"`
	MonthlyWeeksOfMonth []int16 `json:"monthly_weeks_of_month"`
	ScheduleType        string  `json:"schedule_type"`
	MonthlyType         string  `json:"monthly_type"`
	Stamps
}

func toSchedule(s schedules.Schedule) Schedule {
	s = s.Relevant()
	return Schedule{
		ID: s.ID, Name: s.Name, RunTime: s.RunTime, RunTimeWeekdays: s.Weekdays, MonthlyMonthsOfYear: s.Months,
		MonthlyDaysOfMonth: s.DaysOfMonth, MonthlyWeeksOfMonth: s.WeeksOfMonth, ScheduleType: s.Type, MonthlyType: s.MonthlyType,
		Stamps: Stamps{s.CreatedBy, rest.AtPtr(s.CreatedTime), s.ModifiedBy, rest.AtPtr(s.ModifiedTime)},
	}
}

func (h handlers) registerSchedules(r *rest.Router) {
	op := func(method, path, id, summary string, p access.Permission, errors ...int) rest.Operation {
		return rest.Operation{
			Method: method, Path: "/core/schedules/" + path, ID: id, Tag: "core", Summary: summary, Auth: rest.AuthUser,
			Permission: p, Errors: errors, Partial: true,
		}
	}
	rest.Handle(r, op(http.MethodGet, "", "listSchedules", "List schedules", access.ViewSchedules), h.listSchedules)
	create := op(http.MethodPost, "", "createSchedule", "Add a schedule", access.ManageSchedules, http.StatusBadRequest)
	create.Partial = false
	rest.Handle(r, create, h.createSchedule)
	rest.Handle(r, op(http.MethodPut, "{pk}/", "updateSchedule", "Change a schedule", access.ManageSchedules, http.StatusBadRequest, http.StatusNotFound),
		h.updateSchedule)
	rest.Handle(r, op(http.MethodDelete, "{pk}/", "deleteSchedule", "Delete a schedule", access.ManageSchedules, http.StatusBadRequest, http.StatusNotFound),
		h.deleteSchedule)
}

func (h handlers) listSchedules(ctx context.Context, _ *rest.Call, _ *struct{}) ([]Schedule, error) {
	list, err := h.Schedules.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Schedule, len(list))
	for i, s := range list {
		out[i] = toSchedule(s)
	}
	return out, nil
}

type scheduleBody struct {
	Name                rest.Field[string]         `json:"name" rule:"required,max=255,pattern=name"`
	RunTime             rest.Field[rest.ClockTime] `json:"run_time" rule:"required"`
	RunTimeWeekdays     rest.Field[[]int16]        `json:"run_time_weekdays" rule:"null,max=7,item.min=0,item.max=6" doc:"0 is Monday"`
	MonthlyMonthsOfYear rest.Field[[]int16]        `json:"monthly_months_of_year" rule:"null,max=12,item.min=1,item.max=12"`
	MonthlyDaysOfMonth  rest.Field[[]int32]        `json:"monthly_days_of_month" rule:"null,max=32,item.min=1,item.max=32" doc:"32 is the last day"`
	MonthlyWeeksOfMonth rest.Field[[]int16]        `json:"monthly_weeks_of_month" rule:"null,max=6,item.min=1,item.max=5" doc:"5 is the last week"`
	ScheduleType        rest.Field[string]         `json:"schedule_type" rule:"choices=daily|weekly|monthly"`
	MonthlyType         rest.Field[string]         `json:"monthly_type" rule:"choices=weeks|days"`
}

func (b scheduleBody) apply(s *schedules.Schedule) {
	b.Name.Apply(&s.Name)
	if b.RunTime.Present() {
		s.RunTime = b.RunTime.Value.String()
	}
	if b.RunTimeWeekdays.Set {
		s.Weekdays = b.RunTimeWeekdays.Value
	}
	if b.MonthlyMonthsOfYear.Set {
		s.Months = b.MonthlyMonthsOfYear.Value
	}
	if b.MonthlyDaysOfMonth.Set {
		s.DaysOfMonth = b.MonthlyDaysOfMonth.Value
	}
	if b.MonthlyWeeksOfMonth.Set {
		s.WeeksOfMonth = b.MonthlyWeeksOfMonth.Value
	}
	b.ScheduleType.Apply(&s.Type)
	b.MonthlyType.Apply(&s.MonthlyType)
}

type createScheduleInput struct{ Body scheduleBody }

func (h handlers) createSchedule(ctx context.Context, _ *rest.Call, in *createScheduleInput) (Schedule, error) {
	n := schedules.New()
	in.Body.apply(&n)
	stored, err := h.Schedules.Create(ctx, n)
	if err != nil {
		return Schedule{}, err
	}
	return toSchedule(stored), nil
}

type updateScheduleInput struct {
	PK   int32 `path:"pk"`
	Body scheduleBody
}

func (h handlers) updateSchedule(ctx context.Context, _ *rest.Call, in *updateScheduleInput) (Schedule, error) {
	stored, err := h.Schedules.Update(ctx, in.PK, in.Body.apply)
	if err != nil {
		return Schedule{}, err
	}
	return toSchedule(stored), nil
}

func (h handlers) deleteSchedule(ctx context.Context, _ *rest.Call, in *keyed) (int32, error) {
	if err := h.Schedules.Delete(ctx, in.PK); err != nil {
		return 0, err
	}
	return in.PK, nil
}
