/** The sections of the global settings, in their order. */
export const sections = ['agents', 'terminal', 'alerts', 'email', 'sms', 'retention', 'display', 'server', 'mesh', 'ai'] as const;
export type Section = (typeof sections)[number];

export const sectionTitles: Readonly<Record<Section, string>> = {
  agents: 'Agents',
  terminal: 'Terminal and shells',
  alerts: 'Alerts',
  email: 'E-mail',
  sms: 'Text messages',
  retention: 'How long to keep things',
  display: 'Times and dates',
  server: 'Server',
  mesh: 'MeshCentral',
  ai: 'Language model',
};
