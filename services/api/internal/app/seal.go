package app

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// sealRetry is the pause before another try to seal what is stored, while the database is away.
const sealRetry = 10 * time.Second

// Seal seals, once, what is stored in clear or with an older key: rows of before there was a key, and those after it changed. It
// works beside everything else, which reads both forms, and returns when the context ends.
func (a *App) Seal(ctx context.Context) error {
	log := a.infra.Log.Named("sealing")
	if !a.options.Box.Known() {
		log.Warn("secret.key is not set: second factors, API keys, the key store and passwords of other services are stored in clear")
		<-ctx.Done()
		return nil
	}
	retry := time.NewTicker(sealRetry)
	defer retry.Stop()
	for {
		sealed, err := a.sealStored(ctx)
		if err == nil {
			if sealed > 0 {
				log.Info("sealed what was stored in clear or with an older key", zap.Int("count", sealed))
			}
			<-ctx.Done()
			return nil
		}
		if ctx.Err() == nil {
			log.Warn("stored secrets are not sealed yet", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-retry.C:
		}
	}
}

func (a *App) sealStored(ctx context.Context) (sealed int, err error) {
	for _, store := range []func(context.Context) (int, error){a.Accounts.SealStored, a.core.SealStored, a.keyStore.SealStored} {
		n, err := store(ctx)
		sealed += n
		if err != nil {
			return sealed, err
		}
	}
	return sealed, nil
}
