import { createContext, use, useSyncExternalStore } from 'react';
import type { ApiClient } from './client';
import type { Session, SessionStore } from './session';

export interface ApiServices {
  api: ApiClient;
  sessions: SessionStore;
  /** Base of WebSocket addresses, such as `wss://rmm.example.com`. */
  wsBase: string;
}

export const ApiContext = createContext<ApiServices | null>(null);

export function useServices(): ApiServices {
  const services = use(ApiContext);
  if (!services) throw new Error('useServices outside of ApiContext');
  return services;
}

export function useApi(): ApiClient {
  return useServices().api;
}

export function useSession(): Session | null {
  const { sessions } = useServices();
  return useSyncExternalStore(sessions.subscribe, sessions.get);
}
