package rest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Download is an output that is written as it is made, such as an export: nothing of it is held but a buffer. An error after
// the first bytes ends the connection, because the status has been sent. The operation's timeout bounds the whole of it.
type Download struct {
	FileName string // offered under that name
	Write    func(w io.Writer) error
}

// Schema describes the type in the API description.
func (Download) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "binary"}
}

func (c *Call) writeDownload(w http.ResponseWriter, status int, d Download) error {
	h := w.Header()
	h.Set("Content-Type", c.Operation.ContentType)
	h.Set("Content-Disposition", "attachment; filename="+strconv.Quote(d.FileName))
	h.Set("Cache-Control", "no-store")
	// A reader that stops reading must not hold the operation longer than it may take.
	control := http.NewResponseController(w)
	deadline := func(t time.Time) error {
		if err := control.SetWriteDeadline(t); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("set write deadline: %w", err)
		}
		return nil
	}
	if err := deadline(time.Now().Add(c.Operation.Timeout)); err != nil {
		return err
	}
	late := &lateStatus{w: w, status: status}
	buffered := bufio.NewWriterSize(late, 64<<10)
	if err := d.Write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if !late.sent {
		w.WriteHeader(status)
	}
	return deadline(time.Time{})
}
