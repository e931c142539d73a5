package config

import (
	_ "embed"
	"strings"
)

// catalogueText lists the key of every setting of every program, one a line. Programs share an environment and a settings
// file, so a name is unknown only when no program declares it. `make gen-docs` writes the file.
//
//go:embed catalogue.txt
var catalogueText string

// Catalogue returns the keys of all settings of the product.
func Catalogue() []string { return strings.Fields(catalogueText) }

func knownNames(own []*Setting) names {
	n := names{own: map[string]bool{}, env: map[string]bool{}, keys: map[string]bool{}}
	for _, s := range own {
		n.own[s.Env], n.env[s.Env], n.keys[s.Key] = true, true, true
	}
	for _, key := range Catalogue() {
		n.env[EnvName(key)], n.keys[key] = true, true
	}
	return n
}
