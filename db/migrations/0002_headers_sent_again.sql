-- A header that was superseded and is sent again comes into force again: a correction that was undone at its source is undone here.
CREATE OR REPLACE FUNCTION record_instance(
    a_sop_instance text, a_study text, a_series text, a_sop_class text, a_transfer_syntax text, a_number integer,
    a_rows integer, a_columns integer, a_frames integer, a_file_hash text, a_content_hash text, a_image_hash text,
    a_bytes bigint, a_calling text, a_modality text, a_series_description text, a_series_number integer,
    a_patient_id text, a_issuer text, a_patient_name text, a_birth_date date, a_sex text, a_accession text,
    a_study_id text, a_description text, a_study_date text, a_study_time text, a_timezone_offset text
) RETURNS text LANGUAGE plpgsql AS $$
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
