package rest

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// fieldPlan is one field of a body, compiled once from its type and tags.
type fieldPlan struct {
	name  string
	doc   string
	index []int
	rules rules
	value reflect.Type // T of Field[T]
	body  *bodyPlan    // of a struct T, or of the items of a slice of structs
}

// bodyPlan is a struct of Fields.
type bodyPlan struct {
	typ    reflect.Type
	fields []fieldPlan
}

func planBody(t reflect.Type) (*bodyPlan, error) {
	plan := &bodyPlan{typ: t}
	if err := plan.add(t, nil); err != nil {
		return nil, fmt.Errorf("body %s: %w", t, err)
	}
	return plan, nil
}

func (p *bodyPlan) add(t reflect.Type, prefix []int) error {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int{}, prefix...), i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := p.add(f.Type, index); err != nil {
				return err
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if _, ok := reflect.New(f.Type).Interface().(anyField); !ok {
			return fmt.Errorf("field %s is %s, not a rest.Field", f.Name, f.Type)
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			return fmt.Errorf("field %s has no json name", f.Name)
		}
		valueField, _ := f.Type.FieldByName("Value")
		plan := fieldPlan{name: name, doc: f.Tag.Get("doc"), index: index, value: valueField.Type}
		if err := plan.compile(f.Tag.Get("rule")); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
		p.fields = append(p.fields, plan)
	}
	return nil
}

func (f *fieldPlan) compile(tag string) error {
	r, err := parseRules(tag)
	if err != nil {
		return err
	}
	if err := r.checkKind(f.value); err != nil {
		return err
	}
	f.rules = r
	elem := f.value
	if isListType(elem) {
		elem = elem.Elem()
	}
	if isStructType(elem) {
		f.body, err = planBody(elem)
		return err
	}
	return supported(elem)
}

func isListType(t reflect.Type) bool { return t.Kind() == reflect.Slice && t != rawType }

func isStructType(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != timeType && t != clockType && t != uploadType
}

func supported(t reflect.Type) error {
	switch t {
	case rawType, timeType, clockType, uploadType:
		return nil
	case reflect.TypeFor[time.Duration]():
		return fmt.Errorf("a duration has no JSON form in the contract: use a number and name its unit")
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Float64:
		return nil
	default:
		return fmt.Errorf("type %s cannot be decoded", t)
	}
}
