package v1agents

import (
	"context"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerDownloads(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/downloads/agent/{plat}/{goarch}", ID: "downloadAgent", Tag: "agents", Summary: "Download an agent binary",
		Description: "The header X-Checksum-Sha256 holds the checksum of the file.", Auth: rest.AuthPublic,
		NoPermission: "machines that install or update themselves fetch it; the file holds nothing secret",
		ContentType:  "application/octet-stream", AnyAccept: true, Timeout: 15 * time.Minute, Errors: []int{http.StatusNotFound},
	}, h.download)
}

type downloadPath struct {
	Plat   string `path:"plat" doc:"windows, linux, darwin"`
	Goarch string `path:"goarch" doc:"amd64, 386, arm64, arm"`
}

func (h handlers) download(_ context.Context, c *rest.Call, in *downloadPath) (rest.Content, error) {
	b, err := h.Releases.Open(in.Plat, in.Goarch)
	if err != nil {
		return rest.Content{}, err
	}
	c.Header().Set("X-Checksum-Sha256", b.SHA256)
	return rest.Content{FileName: b.Name, Reader: b.File, Size: b.Size}, nil
}
