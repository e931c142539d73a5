package agentwire

// SchedTask describes a task of the Windows task scheduler (agent-protocol.md §5.4). The period fields are ISO-8601 text
// and must be absent rather than empty: deployed agents drop a command with an empty period.
type SchedTask struct {
	PK                     int    `msgpack:"pk" json:"pk"`
	Type                   string `msgpack:"type" json:"type"`
	Name                   string `msgpack:"name" json:"name"`
	Trigger                string `msgpack:"trigger" json:"trigger"`
	Enabled                bool   `msgpack:"enabled" json:"enabled"`
	Path                   string `msgpack:"path,omitempty" json:"path,omitempty"`
	WorkDir                string `msgpack:"workdir,omitempty" json:"workdir,omitempty"`
	Args                   string `msgpack:"args,omitempty" json:"args,omitempty"`
	StartYear              int    `msgpack:"start_year,omitempty" json:"start_year,omitempty"`
	StartMonth             int    `msgpack:"start_month,omitempty" json:"start_month,omitempty"`
	StartDay               int    `msgpack:"start_day,omitempty" json:"start_day,omitempty"`
	StartHour              int    `msgpack:"start_hour,omitempty" json:"start_hour,omitempty"`
	StartMin               int    `msgpack:"start_min,omitempty" json:"start_min,omitempty"`
	ExpireYear             int    `msgpack:"expire_year,omitempty" json:"expire_year,omitempty"`
	ExpireMonth            int    `msgpack:"expire_month,omitempty" json:"expire_month,omitempty"`
	ExpireDay              int    `msgpack:"expire_day,omitempty" json:"expire_day,omitempty"`
	ExpireHour             int    `msgpack:"expire_hour,omitempty" json:"expire_hour,omitempty"`
	ExpireMin              int    `msgpack:"expire_min,omitempty" json:"expire_min,omitempty"`
	DayInterval            uint8  `msgpack:"day_interval,omitempty" json:"day_interval,omitempty"`
	WeekInterval           uint8  `msgpack:"week_interval,omitempty" json:"week_interval,omitempty"`
	DaysOfWeek             uint16 `msgpack:"days_of_week,omitempty" json:"days_of_week,omitempty"`
	DaysOfMonth            uint32 `msgpack:"days_of_month,omitempty" json:"days_of_month,omitempty"`
	RunOnLastDayOfMonth    bool   `msgpack:"run_on_last_day_of_month,omitempty" json:"run_on_last_day_of_month,omitempty"`
	MonthsOfYear           uint16 `msgpack:"months_of_year,omitempty" json:"months_of_year,omitempty"`
	WeeksOfMonth           uint8  `msgpack:"weeks_of_month,omitempty" json:"weeks_of_month,omitempty"`
	RandomDelay            string `msgpack:"random_delay,omitempty" json:"random_delay,omitempty"`
	RepetitionInterval     string `msgpack:"repetition_interval,omitempty" json:"repetition_interval,omitempty"`
	RepetitionDuration     string `msgpack:"repetition_duration,omitempty" json:"repetition_duration,omitempty"`
	StopAtDurationEnd      bool   `msgpack:"stop_at_duration_end,omitempty" json:"stop_at_duration_end,omitempty"`
	MultipleInstances      int    `msgpack:"multiple_instances,omitempty" json:"multiple_instances,omitempty"`
	StartWhenAvailable     bool   `msgpack:"start_when_available,omitempty" json:"start_when_available,omitempty"`
	DeleteExpiredTaskAfter bool   `msgpack:"delete_expired_task_after,omitempty" json:"delete_expired_task_after,omitempty"`
	OverwriteTask          bool   `msgpack:"overwrite_task,omitempty" json:"overwrite_task,omitempty"`
}

func setSchedTask(dst **SchedTask) field {
	return func(c *cursor) error {
		t := &SchedTask{}
		if err := c.object(t.fields()); err != nil {
			return err
		}
		*dst = t
		return nil
	}
}

func (t *SchedTask) fields() map[string]field {
	return map[string]field{
		"pk": setInt(&t.PK), "type": setText(&t.Type), "name": setText(&t.Name), "trigger": setText(&t.Trigger),
		"enabled": setBool(&t.Enabled), "path": setText(&t.Path), "workdir": setText(&t.WorkDir), "args": setText(&t.Args),
		"start_year": setInt(&t.StartYear), "start_month": setInt(&t.StartMonth), "start_day": setInt(&t.StartDay),
		"start_hour": setInt(&t.StartHour), "start_min": setInt(&t.StartMin),
		"expire_year": setInt(&t.ExpireYear), "expire_month": setInt(&t.ExpireMonth), "expire_day": setInt(&t.ExpireDay),
		"expire_hour": setInt(&t.ExpireHour), "expire_min": setInt(&t.ExpireMin),
		"day_interval": setInt(&t.DayInterval), "week_interval": setInt(&t.WeekInterval),
		"days_of_week": setInt(&t.DaysOfWeek), "days_of_month": setInt(&t.DaysOfMonth),
		"run_on_last_day_of_month": setBool(&t.RunOnLastDayOfMonth),
		"months_of_year":           setInt(&t.MonthsOfYear), "weeks_of_month": setInt(&t.WeeksOfMonth),
		"random_delay": setText(&t.RandomDelay), "repetition_interval": setText(&t.RepetitionInterval),
		"repetition_duration": setText(&t.RepetitionDuration), "stop_at_duration_end": setBool(&t.StopAtDurationEnd),
		"multiple_instances": setInt(&t.MultipleInstances), "start_when_available": setBool(&t.StartWhenAvailable),
		"delete_expired_task_after": setBool(&t.DeleteExpiredTaskAfter), "overwrite_task": setBool(&t.OverwriteTask),
	}
}
