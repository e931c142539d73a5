package betaapi

import (
	"net/url"
	"strconv"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

const (
	defaultSize = 100
	maxSize     = 1000
	maxPages    = 1 << 31
)

// paging is what a list is asked for in its query.
type paging struct {
	path   string
	query  url.Values
	number int64
	size   int64
	last   bool // "last" stands for the last page
}

// readPaging takes what the query says; a size that is none is the default, a page that is none does not exist.
func readPaging(path string, query url.Values) (paging, error) {
	p := paging{path: path, query: query, number: 1, size: defaultSize}
	if n, err := strconv.ParseInt(query.Get("page_size"), 10, 32); err == nil && n > 0 {
		p.size = min(n, maxSize)
	}
	switch text := query.Get("page"); text {
	case "":
	case "last":
		p.last = true
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > maxPages {
			return p, errPage()
		}
		p.number = n
	}
	return p, nil
}

func errPage() error {
	return &fault.Error{Kind: fault.KindNotFound, Code: "not_found", Message: "Invalid page."}
}

// offset is the number of rows before the page.
func (p paging) offset() int64 { return (p.number - 1) * p.size }

// settle checks the page against the number of rows. An empty list has one empty page.
func (p *paging) settle(total int64) error {
	pages := max(1, (total+p.size-1)/p.size)
	if p.last {
		p.number = pages
	}
	if p.number > pages {
		return errPage()
	}
	return nil
}

// links are the addresses of the neighbours.
func (p paging) links(base string, total int64) (next, previous *string) {
	link := func(number int64) *string {
		query := url.Values{}
		for k, v := range p.query {
			query[k] = v
		}
		query.Set("page", strconv.FormatInt(number, 10))
		if number == 1 {
			query.Del("page")
		}
		address := base + p.path
		if encoded := query.Encode(); encoded != "" {
			address += "?" + encoded
		}
		return &address
	}
	if p.number*p.size < total {
		next = link(p.number + 1)
	}
	if p.number > 1 {
		previous = link(p.number - 1)
	}
	return next, previous
}

// descending reads the order: -id, or id as for anything else.
func descending(query url.Values) bool { return query.Get("ordering") == "-id" }
