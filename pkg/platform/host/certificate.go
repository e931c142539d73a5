package host

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// CertificateEnd returns when the first certificate of a PEM file expires.
func CertificateEnd(path string) (time.Time, error) {
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return time.Time{}, fmt.Errorf("read certificate: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return time.Time{}, errors.New("read certificate: no PEM block")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}, fmt.Errorf("read certificate: %w", err)
	}
	return cert.NotAfter, nil
}
