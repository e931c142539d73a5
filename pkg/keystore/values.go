package keystore

import (
	"context"
	"strconv"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
	"github.com/gueencode/gueenrmm/pkg/platform/seal/sealrows"
)

// stars stand for a value that was sealed with a key that is not known.
const stars = "********"

func place(id int32, _ []byte) string { return "global_keystore.value:" + strconv.Itoa(int(id)) }

// sealable refuses texts that would be taken for sealed ones.
func sealable(value string) error {
	if seal.Sealed(value) {
		return fault.InvalidField("value", "A value cannot begin like a sealed one.")
	}
	return nil
}

func (s *Service) shown(e Entry) string {
	plain, err := s.box.Open(place(e.ID, nil), e.Value)
	if err != nil {
		return stars
	}
	return plain
}

// Values returns the text of each name that is wanted, for placeholders. It fails when one of them cannot be opened: a script
// without its password may do worse than not to run. Those that nobody wants are not opened.
func (s *Service) Values(ctx context.Context, wanted func(name string) bool) (map[string]string, error) {
	list, err := s.stored(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, e := range list {
		if _, have := out[e.Name]; have || !wanted(e.Name) { // names are not unique; the oldest entry counts
			continue
		}
		plain, err := s.box.Open(place(e.ID, nil), e.Value)
		if err != nil {
			return nil, fault.Refusedf("The value %q of the key store was sealed with a secret that this server does not have. "+
				"Set secret.key as it was, or enter the value again.", e.Name)
		}
		out[e.Name] = plain
	}
	return out, nil
}

// SealStored seals the values that are stored in clear or were sealed with an older key, and says how many that were.
func (s *Service) SealStored(ctx context.Context) (sealed int, err error) {
	return sealrows.Seal(ctx, s.pool, s.box, sealrows.Column{
		Next:  `SELECT id, value, NULL::bytea FROM global_keystore WHERE id > $1 AND value <> '' AND NOT starts_with(value, $2) ORDER BY id LIMIT $3 FOR UPDATE`,
		Store: `UPDATE global_keystore k SET value = v.text FROM unnest($1::int[], $2::text[]) v(id, text) WHERE k.id = v.id`,
		Place: place,
	})
}
