/** The shapes of what administrators work with, refined in the manner of `types.ts`. */
import type { components } from './schema.gen.ts';

type Wire = components['schemas'];
type Refine<T, R extends Partial<Record<keyof T, unknown>>> = Omit<T, keyof R> & R;

export type User = Wire['AccountsUser'];
export type UserInput = Pick<User, 'username' | 'first_name' | 'last_name' | 'email' | 'is_active' | 'role' | 'block_dashboard_login'>;
export type Session = Wire['AccountsSession'];
export type OwnSession = Wire['AccountsOwnSession'];

export type Role = Wire['AccountsRole'];
/** The flags of a role: everything that is named `can_…` and is a yes or no. */
export type RoleFlag = { [K in keyof Role]: K extends `can_${string}` ? (Role[K] extends boolean ? K : never) : never }[keyof Role];
export type RoleInput = Pick<Role, 'name' | 'is_superuser' | 'can_view_clients' | 'can_view_sites'> & Record<RoleFlag, boolean>;

export type ApiKey = Wire['AccountsAPIKey'];
export type ApiKeyInput = Pick<ApiKey, 'name' | 'user' | 'expiration'>;

export type CoreSettings = Wire['CoreSettings'];

export const fieldModels = ['client', 'site', 'agent'] as const;
export const fieldTypes = ['text', 'number', 'single', 'multiple', 'checkbox', 'datetime'] as const;
export type FieldModel = (typeof fieldModels)[number];
export type FieldType = (typeof fieldTypes)[number];
export type CustomField = Refine<Wire['CoreCustomField'], { model: FieldModel; type: FieldType }>;
export type CustomFieldInput = Pick<
  CustomField,
  | 'model' | 'type' | 'name' | 'order' | 'options' | 'required' | 'default_value_string' | 'default_value_bool' | 'default_values_multiple'
  | 'hide_in_ui' | 'hide_in_summary'
>; // prettier-ignore

export type KeyStoreEntry = Wire['CoreKeyStoreEntry'];

export const restMethods = ['get', 'post', 'put', 'delete', 'patch'] as const;
export type RestMethod = (typeof restMethods)[number];
export type UrlActionType = 'web' | 'rest';
export type UrlAction = Refine<Wire['CoreURLAction'], { action_type: UrlActionType; rest_method: RestMethod }>;
export type UrlActionInput = Pick<UrlAction, 'name' | 'desc' | 'pattern' | 'action_type' | 'rest_method' | 'rest_body' | 'rest_headers'>;
export type UrlActionTest = Refine<Wire['TestURLActionBody'], { run_instance_type: 'agent' | 'client' | 'site' | 'none' }>;
export type UrlActionTested = Wire['CoreTestedURLAction'];

export type Schedule = Refine<Wire['CoreSchedule'], { schedule_type: 'daily' | 'weekly' | 'monthly'; monthly_type: 'days' | 'weeks' }>;
export type ScheduleInput = Pick<
  Schedule,
  'name' | 'run_time' | 'run_time_weekdays' | 'monthly_months_of_year' | 'monthly_days_of_month' | 'monthly_weeks_of_month' | 'schedule_type' | 'monthly_type'
>;

/** A stored value of a custom field: a list, a yes or no, a text, or nothing. */
export type FieldValue = string[] | boolean | string | null;
export interface StoredValue {
  id: number;
  field: number;
  value: FieldValue;
}
export interface ValueInput {
  field: number;
  string_value?: string | null;
  bool_value?: boolean;
  multiple_value?: string[];
}
export type Site = Refine<Wire['ClientsSite'], { custom_fields: StoredValue[] }>;
export type NestedSite = Refine<Wire['ClientsNestedSite'], { custom_fields: StoredValue[] }>;
export type Client = Refine<Wire['ClientsClient'], { custom_fields: StoredValue[]; sites: NestedSite[] }>;
export type PlaceInput = Pick<Client, 'name' | 'block_policy_inheritance' | 'server_policy' | 'workstation_policy'>;

export type Deployment = Refine<Wire['ClientsDeployment'], { install_flags: Record<'rdp' | 'ping' | 'power', boolean | 0 | 1> }>;
export type DeploymentInput = Refine<Wire['CreateDeploymentBody'], { power: boolean; rdp: boolean; ping: boolean }>;

export type Policy = Pick<Wire['ChecksPolicyRow'], 'id' | 'name'>;

export type AuditEntry = Wire['LogsAuditEntry'];
export type AuditWindow = Wire['LogsAuditWindow'];
export type AuditRow = Wire['LogsAuditLog'];
export type DebugEntry = Wire['LogsDebugEntry'];
export type DebugWindow = Wire['LogsDebugWindow'];
export type PendingAction = Refine<Wire['LogsPendingAction'], { details: Record<string, unknown> | null }>;
export type PendingWindow = Refine<Wire['LogsPendingWindow'], { items: PendingAction[] }>;

export type Queue = Wire['JobsQueue'];
export type DeadTask = Wire['JobsDeadTask'];
export type JobRun = Refine<Wire['JobsRun'], { status: 'queued' | 'running' | 'succeeded' | 'failed' }>;
export type JobRunPage = Refine<Wire['JobsRunPage'], { items: JobRun[] }>;
export type PrunableList = Wire['CorePrunableList'];
export type FieldUsage = Wire['CoreCustomFieldUsage'];
export type Health = Wire['CoreHealth'];

export type DashInfo = Wire['CoreDashInfo'];
export type Preferences = Wire['UpdateProfileBody'];
