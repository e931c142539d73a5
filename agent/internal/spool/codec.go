package spool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// A record on disk: magic, CRC-32 of the rest, length of the head, head as JSON, body.
const (
	magic     = "GSP1"
	headStart = 12
	maxHead   = 64 << 10
)

var errDamaged = errors.New("record is damaged")

func encode(rec Record) ([]byte, error) {
	head, err := json.Marshal(rec)
	if err != nil {
		return nil, err
	}
	if len(head) > maxHead {
		return nil, ErrTooLarge
	}
	var buf bytes.Buffer
	buf.WriteString(magic)
	buf.Write(make([]byte, 8))
	buf.Write(head)
	buf.Write(rec.Body)
	data := buf.Bytes()
	binary.BigEndian.PutUint32(data[8:], uint32(len(head)))
	binary.BigEndian.PutUint32(data[4:], crc32.ChecksumIEEE(data[8:]))
	return data, nil
}

func decode(data []byte) (Record, error) {
	if len(data) < headStart || string(data[:4]) != magic {
		return Record{}, errDamaged
	}
	if crc32.ChecksumIEEE(data[8:]) != binary.BigEndian.Uint32(data[4:]) {
		return Record{}, fmt.Errorf("%w: checksum", errDamaged)
	}
	n := binary.BigEndian.Uint32(data[8:])
	if n > maxHead || int(n) > len(data)-headStart {
		return Record{}, fmt.Errorf("%w: head", errDamaged)
	}
	var rec Record
	if err := json.Unmarshal(data[headStart:headStart+int(n)], &rec); err != nil {
		return Record{}, fmt.Errorf("%w: %w", errDamaged, err)
	}
	rec.Body = data[headStart+int(n):]
	return rec, nil
}

// writeDurably creates the file so that after a crash it is either whole or not there.
func writeDurably(dir, name string, data []byte) error {
	f, err := os.CreateTemp(dir, "*"+tempSuffix)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}
