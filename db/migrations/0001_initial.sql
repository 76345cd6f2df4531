-- Studies, instances, orders, jobs, reports, deliveries. Pixels never come here: instances name files by hash.

CREATE TABLE quiet_period (
    calling text PRIMARY KEY,                       -- '' is the default
    length interval NOT NULL CHECK (length >= interval '0')
);
INSERT INTO quiet_period VALUES ('', interval '60 seconds');

CREATE TABLE study (
    uid text PRIMARY KEY CHECK (uid ~ '^[0-9.]{1,64}$'),
    state text NOT NULL DEFAULT 'receiving'
        CHECK (state IN ('receiving', 'queued', 'analysing', 'drafted', 'signed', 'unsuitable', 'failed')),
    reason text NOT NULL DEFAULT '',
    stage text NOT NULL DEFAULT '',
    progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    not_before timestamptz NOT NULL DEFAULT now(),  -- end of the last association, or a change of the order
    created timestamptz NOT NULL DEFAULT now(),
    patient_id text NOT NULL, issuer text NOT NULL, patient_name text NOT NULL,
    birth_date date, sex text NOT NULL,
    accession text NOT NULL, study_id text NOT NULL, description text NOT NULL,
    study_date text NOT NULL, study_time text NOT NULL, timezone_offset text NOT NULL
);
CREATE INDEX study_by_patient ON study (patient_id);
CREATE INDEX study_by_accession ON study (accession);
CREATE INDEX study_receiving ON study (uid) WHERE state = 'receiving';

CREATE TABLE series (
    study text NOT NULL REFERENCES study,
    uid text NOT NULL,
    modality text NOT NULL, description text NOT NULL, number integer,
    PRIMARY KEY (study, uid)
);

CREATE TABLE instance (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sop_instance text NOT NULL,
    study text NOT NULL, series text NOT NULL,
    sop_class text NOT NULL, transfer_syntax text NOT NULL,
    number integer, rows integer NOT NULL, columns integer NOT NULL, frames integer NOT NULL,
    file_hash text NOT NULL, content_hash text NOT NULL, image_hash text NOT NULL, bytes bigint NOT NULL,
    calling text NOT NULL,
    patient_id text NOT NULL,                       -- as this image names it; the study follows when all agree
    state text NOT NULL CHECK (state IN ('in_force', 'superseded', 'quarantined')),
    reason text NOT NULL DEFAULT '',
    received timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (study, series) REFERENCES series (study, uid),
    UNIQUE (sop_instance, content_hash)
);
CREATE UNIQUE INDEX one_in_force ON instance (sop_instance) WHERE state = 'in_force';
CREATE INDEX instance_of_study ON instance (study, id);

CREATE FUNCTION nothing_is_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never deleted', TG_TABLE_NAME;
END $$;
CREATE TRIGGER instances_stay BEFORE DELETE ON instance FOR EACH ROW EXECUTE FUNCTION nothing_is_deleted();

-- One round trip and one commit an instance. Says what became of it: stored, already_held, header_version, conflict.
-- The study's row is written only when its state changes, so that parallel associations of one study commit together.
CREATE FUNCTION record_instance(
    a_sop_instance text, a_study text, a_series text, a_sop_class text, a_transfer_syntax text, a_number integer,
    a_rows integer, a_columns integer, a_frames integer, a_file_hash text, a_content_hash text, a_image_hash text,
    a_bytes bigint, a_calling text, a_modality text, a_series_description text, a_series_number integer,
    a_patient_id text, a_issuer text, a_patient_name text, a_birth_date date, a_sex text, a_accession text,
    a_study_id text, a_description text, a_study_date text, a_study_time text, a_timezone_offset text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    held instance%ROWTYPE;
    new_state text := 'in_force';
    why text := '';
    outcome text := 'stored';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(a_sop_instance, 0));
    IF EXISTS (SELECT FROM instance WHERE sop_instance = a_sop_instance AND content_hash = a_content_hash) THEN
        RETURN 'already_held';
    END IF;
    INSERT INTO study (uid, patient_id, issuer, patient_name, birth_date, sex, accession, study_id, description,
                       study_date, study_time, timezone_offset)
        VALUES (a_study, a_patient_id, a_issuer, a_patient_name, a_birth_date, a_sex, a_accession, a_study_id,
                a_description, a_study_date, a_study_time, a_timezone_offset)
        ON CONFLICT DO NOTHING;
    INSERT INTO series (study, uid, modality, description, number)
        VALUES (a_study, a_series, a_modality, a_series_description, a_series_number) ON CONFLICT DO NOTHING;
    -- Whoever ends or begins an analysis of the study waits for us, so that no slice falls between two drafts.
    PERFORM FROM study WHERE uid = a_study FOR KEY SHARE;
    SELECT * INTO held FROM instance WHERE sop_instance = a_sop_instance AND state = 'in_force';
    IF FOUND THEN
        IF held.study <> a_study OR held.series <> a_series THEN
            new_state := 'quarantined';
            why := 'the same SOP Instance UID is in force under another study or series';
            outcome := 'conflict';
        ELSIF held.image_hash <> a_image_hash THEN
            new_state := 'quarantined';
            why := 'the same SOP Instance UID is in force with other pixels or geometry';
            outcome := 'conflict';
        ELSE
            UPDATE instance SET state = 'superseded', reason = 'a newer header of the same image is in force'
                WHERE id = held.id;
            outcome := 'header_version';
        END IF;
    END IF;
    INSERT INTO instance (sop_instance, study, series, sop_class, transfer_syntax, number, rows, columns, frames, file_hash,
                          content_hash, image_hash, bytes, calling, patient_id, state, reason)
        VALUES (a_sop_instance, a_study, a_series, a_sop_class, a_transfer_syntax, a_number, a_rows, a_columns, a_frames,
                a_file_hash, a_content_hash, a_image_hash, a_bytes, a_calling, a_patient_id, new_state, why);
    -- Corrected headers speak for their study once all of its images name the same patient: one stray slice moves nobody.
    IF outcome = 'header_version' AND NOT EXISTS (
        SELECT FROM instance WHERE study = a_study AND state = 'in_force' AND patient_id <> a_patient_id) THEN
        UPDATE study SET patient_id = a_patient_id, issuer = a_issuer, patient_name = a_patient_name, birth_date = a_birth_date,
                         sex = a_sex, accession = a_accession, study_id = a_study_id, description = a_description,
                         study_date = a_study_date, study_time = a_study_time, timezone_offset = a_timezone_offset
            WHERE uid = a_study;
    END IF;
    UPDATE study SET state = 'receiving', reason = '', stage = '', progress = 0
        WHERE uid = a_study AND state IN ('drafted', 'signed', 'unsuitable', 'failed');
    RETURN outcome;
END $$;

CREATE TABLE imaging_order (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    placer text NOT NULL, filler text NOT NULL, accession text NOT NULL, study text NOT NULL,
    patient_id text NOT NULL, issuer text NOT NULL, patient_name text NOT NULL, birth_date date, sex text NOT NULL,
    procedure_code text NOT NULL, procedure_scheme text NOT NULL, procedure_meaning text NOT NULL,
    indication text NOT NULL, history text NOT NULL, ordering_provider text NOT NULL, priority text NOT NULL,
    assigning_authority text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'cancelled')),
    changed timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (placer <> '' OR filler <> '')
);
CREATE UNIQUE INDEX order_by_filler ON imaging_order (assigning_authority, filler) WHERE filler <> '';
CREATE INDEX order_by_placer ON imaging_order (placer);
CREATE INDEX order_by_accession ON imaging_order (accession);
CREATE INDEX order_by_study ON imaging_order (study);

CREATE TABLE hl7_inbox (
    sender text NOT NULL, control_id text NOT NULL, acknowledgement text NOT NULL,
    received timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sender, control_id)
);

CREATE TABLE job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('analyse')),
    study text NOT NULL REFERENCES study,
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'dead')),
    attempt integer NOT NULL DEFAULT 0,             -- the fencing token
    attempt_limit integer NOT NULL DEFAULT 3,
    run_after timestamptz NOT NULL DEFAULT now(),
    worker text NOT NULL DEFAULT '',
    lease_until timestamptz,
    through_instance bigint NOT NULL DEFAULT 0,     -- newest instance that the running attempt reads
    order_seen timestamptz NOT NULL DEFAULT '-infinity',
    reason text NOT NULL DEFAULT '',
    created timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'running') = (lease_until IS NOT NULL))
);
CREATE UNIQUE INDEX one_open_job ON job (study) WHERE state IN ('ready', 'running');
CREATE INDEX job_to_claim ON job (run_after, id) WHERE state IN ('ready', 'running');

CREATE TABLE report_version (
    report_id text NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    study text NOT NULL REFERENCES study,
    state text NOT NULL CHECK (state IN ('draft', 'preliminary', 'final', 'corrected', 'appended', 'withdrawn')),
    predecessor integer NOT NULL CHECK (predecessor >= 0 AND predecessor < number),
    body text NOT NULL,                             -- the JSON face, byte for byte
    actor text NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (report_id, number)
);
CREATE INDEX report_of_study ON report_version (study, number DESC);

CREATE FUNCTION versions_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a report version never changes: add a new one';
END $$;
CREATE TRIGGER versions_stay BEFORE UPDATE OR DELETE ON report_version
    FOR EACH ROW EXECUTE FUNCTION versions_never_change();

CREATE TABLE destination (
    name text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('oru', 'sr')),
    active boolean NOT NULL DEFAULT true
);

CREATE TABLE delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id text NOT NULL, version integer NOT NULL,
    destination text NOT NULL REFERENCES destination, kind text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'delivered', 'dead')),
    attempt integer NOT NULL DEFAULT 0,
    run_after timestamptz NOT NULL DEFAULT now(),
    worker text NOT NULL DEFAULT '',
    lease_until timestamptz,
    last_error text NOT NULL DEFAULT '',
    changed timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (report_id, version) REFERENCES report_version (report_id, number),
    UNIQUE (report_id, version, destination),
    CHECK ((state = 'sending') = (lease_until IS NOT NULL))
);
CREATE INDEX delivery_to_claim ON delivery (run_after, id) WHERE state IN ('waiting', 'sending');

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL, action text NOT NULL, object text NOT NULL
);
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION nothing_is_deleted();
