import type { Revocation } from './aggregates/revocations.ts';

/** The tables as Kysely sees them. Flags are 0 or 1 and JSON is text, so that both bodies hold the same values. */
export interface Tables {
  readonly artifacts: ArtifactRow;
  readonly people: PersonRow;
  readonly local_passwords: LocalPasswordRow;
  readonly factors: FactorRow;
  readonly recovery_codes: RecoveryCodeRow;
  readonly clients: ClientRow;
  readonly client_secrets: ClientSecretRow;
  readonly applications: ApplicationRow;
  readonly client_uses: ClientUseRow;
  readonly client_errors: ClientErrorRow;
  readonly attempts: AttemptsRow;
  readonly sealed_records: SealedRecordRow;
  readonly live_sessions: LiveSessionRow;
  readonly revocations: RevocationRow;
  readonly revocation_head: RevocationHeadRow;
  readonly audit_checkpoints: AuditCheckpointRow;
  readonly locks: LockRow;
  readonly provisioned_users: ProvisionedUserRow;
  readonly provisioned_groups: ProvisionedGroupRow;
  readonly provisioned_members: ProvisionedMemberRow;
}

/** {@link Artifact}; the payload is JSON. */
export interface ArtifactRow {
  readonly model: string;
  readonly id_hash: string;
  readonly payload: string;
  readonly expires_at: number | null;
  readonly grant_id: string | null;
  readonly uid_hash: string | null;
  readonly user_code_hash: string | null;
  readonly account_id: string | null;
  readonly client_id: string | null;
  readonly created_at: number;
  readonly consumed_at: number | null;
}

/** {@link Person}; groups and claims are JSON. */
export interface PersonRow {
  readonly id: string;
  readonly display_name: string;
  readonly groups: string;
  readonly claims: string;
  readonly disabled: number;
  readonly created_at: number;
  readonly last_sign_in_at: number | null;
  readonly heard_at: number | null;
  readonly sign_in_epoch: number;
  /** JSON of `Provisioned`; null for somebody whom nothing provisioned. */
  readonly provisioned: string | null;
}

interface LocalPasswordRow {
  readonly person_id: string;
  readonly hash: string;
  readonly expires_at: number | null;
  readonly configured: string | null;
}

/** {@link Factor}. */
export interface FactorRow {
  readonly id: string;
  readonly person_id: string;
  readonly kind: 'totp' | 'passkey';
  readonly label: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly last_step: number;
  readonly credential_id: string | null;
  readonly public_key: string | null;
}

interface RecoveryCodeRow {
  readonly person_id: string;
  readonly code_hash: string;
}

/** {@link RegisteredClient}; the metadata is JSON. */
export interface ClientRow {
  readonly id: string;
  readonly origin: 'builtin' | 'config' | 'command' | 'registration' | 'page' | 'document';
  readonly metadata: string;
  readonly disabled: number;
  readonly created_at: number;
}

interface ClientSecretRow {
  readonly client_id: string;
  readonly secret_hash: string;
  readonly created_at: number;
  readonly expires_at: number | null;
}

/** {@link RegisteredApplication}. */
export interface ApplicationRow {
  readonly client_id: string;
  readonly owner: string | null;
  readonly state: 'waiting' | 'approved';
  readonly logo: string | null;
  readonly decided_by: string | null;
}

interface ClientUseRow {
  readonly client_id: string;
  readonly person_id: string;
  readonly times: number;
  readonly first_at: number;
  readonly last_at: number;
  readonly database: string | null;
  readonly role: string | null;
}

interface ClientErrorRow {
  readonly client_id: string;
  readonly sentence_hash: string;
  readonly error: string;
  readonly sentence: string;
  readonly times: number;
  readonly last_at: number;
}

interface AttemptsRow {
  readonly key_hash: string;
  readonly count: number;
  readonly ends_at: number;
}

/** {@link SealedRecord}. */
export interface SealedRecordRow {
  readonly kind: string;
  readonly id: string;
  readonly envelope: string;
  /** Always the kind of keys where `key_id` is set: the two together are the foreign key to the key's own row. */
  readonly key_kind: string | null;
  readonly key_id: string | null;
  readonly revision: number;
}

/** {@link LiveSession}. */
export interface LiveSessionRow {
  readonly id: string;
  readonly gateway_id: string;
  readonly person_id: string;
  readonly client_id: string;
  readonly consent_id: string;
  readonly database: string;
  readonly role: string;
  readonly remote_address: string;
  readonly started_at: number;
  readonly heartbeat_at: number;
  readonly cancel_key_hash: string;
}

interface RevocationRow {
  readonly sequence: number;
  readonly kind: Revocation['kind'];
  readonly subject: string;
  readonly reason: string;
  readonly at: number;
}

/** One row. Its lock is held until the entry is committed, so that entries become visible in their order. */
interface RevocationHeadRow {
  readonly id: number;
  readonly sequence: number;
}

interface AuditCheckpointRow {
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
  readonly at: number;
  readonly signature: string;
}

interface LockRow {
  readonly name: string;
  readonly owner: string;
  readonly held_until: number;
}

/** {@link ProvisionedUser}; the attributes are JSON. */
export interface ProvisionedUserRow {
  readonly id: string;
  readonly method: string;
  readonly person_id: string;
  readonly name_key: string;
  readonly external_id: string | null;
  readonly attributes: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** {@link ProvisionedGroup}; its members have rows of their own. */
export interface ProvisionedGroupRow {
  readonly id: string;
  readonly method: string;
  readonly name: string;
  readonly external_id: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

interface ProvisionedMemberRow {
  readonly group_id: string;
  readonly user_id: string;
}
