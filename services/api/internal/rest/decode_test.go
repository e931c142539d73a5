package rest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// TestFieldMessages holds the literal messages of rest-1.md §1.5.
func TestFieldMessages(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	for name, c := range map[string]struct{ body, want string }{
		"missing":         {`{}`, `{"name":["This field is required."]}`},
		"null":            {`{"name":null}`, `{"name":["This field may not be null."]}`},
		"blank":           {`{"name":"  "}`, `{"name":["This field may not be blank."]}`},
		"not a string":    {`{"name":true}`, `{"name":["Not a valid string."]}`},
		"list as string":  {`{"name":[1]}`, `{"name":["Not a valid string."]}`},
		"nul":             {`{"name":"a\u0000"}`, `{"name":["Null characters are not allowed."]}`},
		"too long":        {`{"name":"abcdef"}`, `{"name":["Ensure this field has no more than 5 characters."]}`},
		"five runes":      {`{"name":"ééééé!"}`, `{"name":["Ensure this field has no more than 5 characters."]}`},
		"not an int":      {`{"name":"a","count":"x"}`, `{"count":["A valid integer is required."]}`},
		"fraction":        {`{"name":"a","count":2.5}`, `{"count":["A valid integer is required."]}`},
		"bool as int":     {`{"name":"a","count":true}`, `{"count":["A valid integer is required."]}`},
		"too small":       {`{"name":"a","count":-1}`, `{"count":["Ensure this value is greater than or equal to 0."]}`},
		"too big":         {`{"name":"a","count":2147483648}`, `{"count":["Ensure this value is less than or equal to 2147483647."]}`},
		"far too big":     {`{"name":"a","big":99999999999999999999}`, `{"big":["Ensure this value is less than or equal to 9223372036854775807."]}`},
		"not a number":    {`{"name":"a","ratio":"x"}`, `{"ratio":["A valid number is required."]}`},
		"ratio":           {`{"name":"a","ratio":2}`, `{"ratio":["Ensure this value is less than or equal to 1.5."]}`},
		"not a bool":      {`{"name":"a","on":"maybe"}`, `{"on":["Must be a valid boolean."]}`},
		"mixed case bool": {`{"name":"a","on":"tRue"}`, `{"on":["Must be a valid boolean."]}`},
		"choice":          {`{"name":"a","level":"zz"}`, `{"level":["\"zz\" is not a valid choice."]}`},
		"int choice":      {`{"name":"a","hour":24}`, `{"hour":["\"24\" is not a valid choice."]}`},
		"datetime":        {`{"name":"a","when":"soon"}`, `{"when":["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."]}`},
		"no such day":     {`{"name":"a","when":"2026-02-30T00:00"}`, `{"when":["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."]}`},
		"clock":           {`{"name":"a","clock":"26:00"}`, `{"clock":["Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]]."]}`},
		"not a list":      {`{"name":"a","tags":"x"}`, `{"tags":["Expected a list of items but got type \"str\"."]}`},
		"list too long":   {`{"name":"a","tags":["1","2","3","4"]}`, `{"tags":["List contains 4 items, it should contain no more than 3."]}`},
		"bad items":       {`{"name":"a","tags":["abcde",1,true]}`, `{"tags":{"0":["Ensure this field has no more than 4 characters."],"2":["Not a valid string."]}}`},
		"e-mail":          {`{"name":"a","mail":"nope"}`, `{"mail":["Enter a valid email address."]}`},
		"no such row":     {`{"name":"a","owner":99}`, `{"owner":["Invalid pk \"99\" - object does not exist."]}`},
		"wrong key type":  {`{"name":"a","owner":"x"}`, `{"owner":["Incorrect type. Expected pk value, received str."]}`},
		"bool as key":     {`{"name":"a","owner":true}`, `{"owner":["Incorrect type. Expected pk value, received bool."]}`},
		"no such rows":    {`{"name":"a","clients":[1,99]}`, `{"clients":["Invalid pk \"99\" - object does not exist."]}`},
		"field and key":   {`{"owner":99,"on":"zz","name":"a"}`, `{"on":["Must be a valid boolean."],"owner":["Invalid pk \"99\" - object does not exist."]}`},
		"nested":          {`{"name":"a","site":{}}`, `{"site":{"name":["This field is required."]}}`},
		"nested key":      {`{"name":"a","site":{"name":"x","owner":99}}`, `{"site":{"owner":["Invalid pk \"99\" - object does not exist."]}}`},
		"nested type":     {`{"name":"a","site":3}`, `{"site":{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}}`},
		"list of objects": {`{"name":"a","parts":[{"name":"x"},{}]}`, `{"parts":[{},{"name":["This field is required."]}]}`},
		"an array":        {`[]`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		"a string":        {`"x"`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}`},
		"bad json":        {`{bad`, `{"detail":"JSON parse error - invalid character 'b' looking for beginning of object key string"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := send(t, r, http.MethodPost, "/things/", c.body)
			require.Equal(t, c.want, got.body)
			require.Equal(t, http.StatusBadRequest, got.StatusCode)
		})
	}
}

// TestCoercions holds the readings of rest-1.md §1.2.
func TestCoercions(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	var got thingBody
	rest.Handle(r, operation(http.MethodPost, "/things/", "addThing"), func(_ context.Context, _ *rest.Call, in *thingInput) (string, error) {
		got = in.Body
		return "ok", nil
	})
	res := send(t, r, http.MethodPost, "/things/", `{"name":123,"count":"3.0","big":"30","ratio":"0.5","on":"YES","level":"info","hour":"2",
		"when":"2026-01-02 03:04+02:00","clock":"7:05","tags":[" a ",1],"owner":"","clients":["1",2],"extra":{"a":[1]},"text":"","unknown":1,
		"parts":[{"name":"p"}]}`)
	require.Equal(t, `"ok"`, res.body)
	require.Equal(t, "123", got.Name.Value)
	require.EqualValues(t, 3, got.Count.Value)
	require.EqualValues(t, 30, got.Big.Value)
	require.InDelta(t, 0.5, got.Ratio.Value, 0)
	require.True(t, got.On.Value)
	require.Equal(t, "2026-01-02T01:04:00Z", rest.FormatTime(got.When.Value))
	require.Equal(t, "07:05:00", got.Clock.Value.String())
	require.Equal(t, []string{"a", "1"}, got.Tags.Value)
	require.True(t, got.Owner.Set && got.Owner.Null)
	require.Equal(t, []int32{1, 2}, got.Clients.Value)
	require.JSONEq(t, `{"a":[1]}`, string(got.Extra.Value))
	require.Equal(t, "p", got.Parts.Value[0].Name.Value)
	require.True(t, got.Text.Present())
	require.False(t, got.Mail.Set)

	res = send(t, r, http.MethodPost, "/things/", "name=a&on=on&tags=x&tags=y&when=&owner=3", "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, `"ok"`, res.body)
	require.Equal(t, []string{"x", "y"}, got.Tags.Value)
	require.True(t, got.On.Value)
	require.True(t, got.When.Null)
	require.EqualValues(t, 3, got.Owner.Value)

	res = send(t, r, http.MethodPost, "/things/", "name=a", "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, `"ok"`, res.body)
	require.True(t, got.On.Set, "an absent box of a form is false")
	require.False(t, got.On.Value)

	multipart := "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nm\r\n--B--\r\n"
	res = send(t, r, http.MethodPost, "/things/", multipart, "Content-Type", "multipart/form-data; boundary=B")
	require.Equal(t, `"ok"`, res.body)
	require.Equal(t, "m", got.Name.Value)
}

func TestPartialAsksForNothing(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	require.Equal(t, http.StatusOK, send(t, r, http.MethodPut, "/things/", `{}`).StatusCode)
	require.Equal(t, http.StatusOK, send(t, r, http.MethodPut, "/things/", ``).StatusCode)
	res := send(t, r, http.MethodPut, "/things/", "on=f", "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusOK, res.StatusCode)
}

func TestDatetimeForms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2030-01-01T15:00:00Z":             "2030-01-01T15:00:00Z",
		"2026-11-23T01:15:31.366270Z":      "2026-11-23T01:15:31.366270Z",
		"2026-11-23 01:15:31.3":            "2026-11-23T01:15:31.300000Z",
		"2026-11-23T01:15":                 "2026-11-23T01:15:00Z",
		"2026-11-23":                       "2026-11-23T00:00:00Z",
		"2026-11-23T01:15-05:30":           "2026-11-23T06:45:00Z",
		"2026-11-23T01:15:31.366270123+00": "2026-11-23T01:15:31.366270Z",
	} {
		var body struct {
			When rest.Field[time.Time] `json:"when"`
		}
		require.NoError(t, rest.DecodeJSON([]byte(`{"when":"`+in+`"}`), &body, false), in)
		require.Equal(t, want, rest.FormatTime(body.When.Value))
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	res := send(t, r, http.MethodPost, "/things/", `{"name":"`+strings.Repeat("a", rest.DefaultMaxBody)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
	deep := strings.Repeat("[", 200_000)
	require.Equal(t, http.StatusBadRequest, send(t, r, http.MethodPost, "/things/", `{"extra":`+deep).StatusCode)
}

// FuzzDecode feeds bodies of any content type to the decoder: no panic, no status but 200 and 4xx.
func FuzzDecode(f *testing.F) {
	r := newThings(f, nil)
	for _, seed := range []string{`{"name":"a","tags":["x"],"site":{"name":1}}`, `[`, `{"when":"2026-13-01"}`, `name=a&on=1`,
		`{"big":1e400}`, `{"count":-0.0}`, "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--B--"} {
		f.Add(seed, 0)
		f.Add(seed, 1)
		f.Add(seed, 2)
	}
	types := []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"}
	f.Fuzz(func(t *testing.T, body string, kind int) {
		res := send(t, r, http.MethodPost, "/things/", body, "Content-Type", types[uint(kind)%3])
		require.True(t, res.StatusCode == http.StatusOK || res.StatusCode/100 == 4, "%d %s", res.StatusCode, res.body)
	})
}
