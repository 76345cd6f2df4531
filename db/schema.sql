-- What the migrations make, for reading; written by UPDATE_GOLDEN=1 db_tests (PostgreSQL 15).
CREATE FUNCTION public.nothing_is_deleted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% rows are never deleted', TG_TABLE_NAME;
END $$;
CREATE FUNCTION public.record_instance(a_sop_instance text, a_study text, a_series text, a_sop_class text, a_transfer_syntax text, a_number integer, a_rows integer, a_columns integer, a_frames integer, a_file_hash text, a_content_hash text, a_image_hash text, a_bytes bigint, a_calling text, a_modality text, a_series_description text, a_series_number integer, a_patient_id text, a_issuer text, a_patient_name text, a_birth_date date, a_sex text, a_accession text, a_study_id text, a_description text, a_study_date text, a_study_time text, a_timezone_offset text) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    held instance%ROWTYPE;
    again instance%ROWTYPE;
    new_state text := 'in_force';
    why text := '';
    outcome text := 'stored';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(a_sop_instance, 0));
    SELECT * INTO again FROM instance WHERE sop_instance = a_sop_instance AND content_hash = a_content_hash;
    IF FOUND AND again.state <> 'superseded' THEN
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
    IF again.id IS NOT NULL THEN
        -- A header that was corrected once and comes again is the sender's word now.
        UPDATE instance SET state = new_state, reason = why WHERE id = again.id;
    ELSE
        INSERT INTO instance (sop_instance, study, series, sop_class, transfer_syntax, number, rows, columns, frames, file_hash,
                              content_hash, image_hash, bytes, calling, patient_id, state, reason)
            VALUES (a_sop_instance, a_study, a_series, a_sop_class, a_transfer_syntax, a_number, a_rows, a_columns, a_frames,
                    a_file_hash, a_content_hash, a_image_hash, a_bytes, a_calling, a_patient_id, new_state, why);
    END IF;
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
CREATE FUNCTION public.versions_never_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'a report version never changes: add a new one';
END $$;
CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL
);
ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.delivery (
    id bigint NOT NULL,
    report_id text NOT NULL,
    version integer NOT NULL,
    destination text NOT NULL,
    kind text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    run_after timestamp with time zone DEFAULT now() NOT NULL,
    worker text DEFAULT ''::text NOT NULL,
    lease_until timestamp with time zone,
    last_error text DEFAULT ''::text NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT delivery_check CHECK (((state = 'sending'::text) = (lease_until IS NOT NULL))),
    CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'delivered'::text, 'dead'::text])))
);
ALTER TABLE public.delivery ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.destination (
    name text NOT NULL,
    kind text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    CONSTRAINT destination_kind_check CHECK ((kind = ANY (ARRAY['oru'::text, 'sr'::text])))
);
CREATE TABLE public.hl7_inbox (
    sender text NOT NULL,
    control_id text NOT NULL,
    acknowledgement text NOT NULL,
    received timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.imaging_order (
    id bigint NOT NULL,
    placer text NOT NULL,
    filler text NOT NULL,
    accession text NOT NULL,
    study text NOT NULL,
    patient_id text NOT NULL,
    issuer text NOT NULL,
    patient_name text NOT NULL,
    birth_date date,
    sex text NOT NULL,
    procedure_code text NOT NULL,
    procedure_scheme text NOT NULL,
    procedure_meaning text NOT NULL,
    indication text NOT NULL,
    history text NOT NULL,
    ordering_provider text NOT NULL,
    priority text NOT NULL,
    assigning_authority text NOT NULL,
    status text NOT NULL,
    changed timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT imaging_order_check CHECK (((placer <> ''::text) OR (filler <> ''::text))),
    CONSTRAINT imaging_order_status_check CHECK ((status = ANY (ARRAY['active'::text, 'cancelled'::text])))
);
ALTER TABLE public.imaging_order ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.imaging_order_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.instance (
    id bigint NOT NULL,
    sop_instance text NOT NULL,
    study text NOT NULL,
    series text NOT NULL,
    sop_class text NOT NULL,
    transfer_syntax text NOT NULL,
    number integer,
    rows integer NOT NULL,
    columns integer NOT NULL,
    frames integer NOT NULL,
    file_hash text NOT NULL,
    content_hash text NOT NULL,
    image_hash text NOT NULL,
    bytes bigint NOT NULL,
    calling text NOT NULL,
    patient_id text NOT NULL,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    received timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT instance_state_check CHECK ((state = ANY (ARRAY['in_force'::text, 'superseded'::text, 'quarantined'::text])))
);
ALTER TABLE public.instance ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.instance_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.job (
    id bigint NOT NULL,
    kind text NOT NULL,
    study text NOT NULL,
    state text DEFAULT 'ready'::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    attempt_limit integer DEFAULT 3 NOT NULL,
    run_after timestamp with time zone DEFAULT now() NOT NULL,
    worker text DEFAULT ''::text NOT NULL,
    lease_until timestamp with time zone,
    through_instance bigint DEFAULT 0 NOT NULL,
    order_seen timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT job_check CHECK (((state = 'running'::text) = (lease_until IS NOT NULL))),
    CONSTRAINT job_kind_check CHECK ((kind = 'analyse'::text)),
    CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['ready'::text, 'running'::text, 'done'::text, 'dead'::text])))
);
ALTER TABLE public.job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.quiet_period (
    calling text NOT NULL,
    length interval NOT NULL,
    CONSTRAINT quiet_period_length_check CHECK ((length >= '00:00:00'::interval))
);
CREATE TABLE public.report_version (
    report_id text NOT NULL,
    number integer NOT NULL,
    study text NOT NULL,
    state text NOT NULL,
    predecessor integer NOT NULL,
    body text NOT NULL,
    actor text NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT report_version_check CHECK (((predecessor >= 0) AND (predecessor < number))),
    CONSTRAINT report_version_number_check CHECK ((number >= 1)),
    CONSTRAINT report_version_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'preliminary'::text, 'final'::text, 'corrected'::text, 'appended'::text, 'withdrawn'::text])))
);
CREATE TABLE public.schema_migration (
    version integer NOT NULL,
    applied timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.series (
    study text NOT NULL,
    uid text NOT NULL,
    modality text NOT NULL,
    description text NOT NULL,
    number integer
);
CREATE TABLE public.study (
    uid text NOT NULL,
    state text DEFAULT 'receiving'::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    stage text DEFAULT ''::text NOT NULL,
    progress double precision DEFAULT 0 NOT NULL,
    not_before timestamp with time zone DEFAULT now() NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    patient_id text NOT NULL,
    issuer text NOT NULL,
    patient_name text NOT NULL,
    birth_date date,
    sex text NOT NULL,
    accession text NOT NULL,
    study_id text NOT NULL,
    description text NOT NULL,
    study_date text NOT NULL,
    study_time text NOT NULL,
    timezone_offset text NOT NULL,
    CONSTRAINT study_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
    CONSTRAINT study_state_check CHECK ((state = ANY (ARRAY['receiving'::text, 'queued'::text, 'analysing'::text, 'drafted'::text, 'signed'::text, 'unsuitable'::text, 'failed'::text]))),
    CONSTRAINT study_uid_check CHECK ((uid ~ '^[0-9.]{1,64}$'::text))
);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_report_id_version_destination_key UNIQUE (report_id, version, destination);
ALTER TABLE ONLY public.destination
    ADD CONSTRAINT destination_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.hl7_inbox
    ADD CONSTRAINT hl7_inbox_pkey PRIMARY KEY (sender, control_id);
ALTER TABLE ONLY public.imaging_order
    ADD CONSTRAINT imaging_order_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.instance
    ADD CONSTRAINT instance_sop_instance_content_hash_key UNIQUE (sop_instance, content_hash);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.quiet_period
    ADD CONSTRAINT quiet_period_pkey PRIMARY KEY (calling);
ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_version_pkey PRIMARY KEY (report_id, number);
ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (study, uid);
ALTER TABLE ONLY public.study
    ADD CONSTRAINT study_pkey PRIMARY KEY (uid);
CREATE INDEX delivery_to_claim ON public.delivery USING btree (run_after, id) WHERE (state = ANY (ARRAY['waiting'::text, 'sending'::text]));
CREATE INDEX instance_of_study ON public.instance USING btree (study, id);
CREATE INDEX job_to_claim ON public.job USING btree (run_after, id) WHERE (state = ANY (ARRAY['ready'::text, 'running'::text]));
CREATE UNIQUE INDEX one_in_force ON public.instance USING btree (sop_instance) WHERE (state = 'in_force'::text);
CREATE UNIQUE INDEX one_open_job ON public.job USING btree (study) WHERE (state = ANY (ARRAY['ready'::text, 'running'::text]));
CREATE INDEX order_by_accession ON public.imaging_order USING btree (accession);
CREATE UNIQUE INDEX order_by_filler ON public.imaging_order USING btree (assigning_authority, filler) WHERE (filler <> ''::text);
CREATE INDEX order_by_placer ON public.imaging_order USING btree (placer);
CREATE INDEX order_by_study ON public.imaging_order USING btree (study);
CREATE INDEX report_of_study ON public.report_version USING btree (study, number DESC);
CREATE INDEX study_by_accession ON public.study USING btree (accession);
CREATE INDEX study_by_patient ON public.study USING btree (patient_id);
CREATE INDEX study_receiving ON public.study USING btree (uid) WHERE (state = 'receiving'::text);
CREATE TRIGGER audit_stays BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.nothing_is_deleted();
CREATE TRIGGER instances_stay BEFORE DELETE ON public.instance FOR EACH ROW EXECUTE FUNCTION public.nothing_is_deleted();
CREATE TRIGGER versions_stay BEFORE DELETE OR UPDATE ON public.report_version FOR EACH ROW EXECUTE FUNCTION public.versions_never_change();
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_destination_fkey FOREIGN KEY (destination) REFERENCES public.destination(name);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_report_id_version_fkey FOREIGN KEY (report_id, version) REFERENCES public.report_version(report_id, number);
ALTER TABLE ONLY public.instance
    ADD CONSTRAINT instance_study_series_fkey FOREIGN KEY (study, series) REFERENCES public.series(study, uid);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_study_fkey FOREIGN KEY (study) REFERENCES public.study(uid);
ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_version_study_fkey FOREIGN KEY (study) REFERENCES public.study(uid);
ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_study_fkey FOREIGN KEY (study) REFERENCES public.study(uid);
