"""Words by which practices call what the contract has a field for: for drafts of mappings, which a person then corrects."""

FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("intake", "birth_date"): ("date of birth", "dob", "birth date", "born"),
    ("intake", "sex"): ("sex", "gender"),
    ("intake", "happened_on"): ("form date", "completed", "intake date", "first seen", "date completed", "registered"),
    ("intake", "complaint_region"): ("region", "body part", "pain area", "where is your pain", "complaint", "area"),
    ("intake", "complaint_side"): ("side", "pain side", "laterality"),
    ("intake", "work_status"): ("work status", "employment", "work", "employment status"),
    ("intake", "smoking"): ("smoking", "smoker", "smoking status"),
    ("intake", "weight_kg"): ("weight", "weight kg"),
    ("intake", "height_cm"): ("height", "height cm"),
    ("intake", "bmi"): ("bmi", "body mass index"),
    ("intake", "onset_date"): ("onset", "date of onset", "injury date"),
    ("intake", "nprs_back_avg"): ("back pain", "average back pain", "nprs back"),
    ("intake", "nprs_leg_avg"): ("leg pain", "average leg pain", "nprs leg"),
    ("intake", "odi_pct"): ("odi", "oswestry", "odi score"),
    ("intake", "rmdq24"): ("rmdq", "roland morris", "roland morris score"),
    ("intake", "referral_source"): ("referral source", "referred by"),
    ("intake", "payer_type"): ("payer", "funding", "payment type"),
    ("session", "session_key"): ("appointment id", "visit id", "booking id", "appointment number", "visit"),
    ("session", "session_day"): ("appointment date", "visit date", "date", "start date"),
    ("session", "starts_at"): ("start", "starts at", "start time", "appointment time"),
    ("session", "ends_at"): ("end", "ends at", "end time"),
    ("session", "attendance"): ("status", "attendance", "appointment status", "arrived", "attended"),
    ("session", "practitioner_key"): ("practitioner", "therapist", "clinician", "provider", "staff member", "seen by"),
    ("session", "nprs_pre"): ("pain before", "pain pre", "nprs pre", "pain now"),
    ("session", "nprs_post"): ("pain after", "pain post", "nprs post"),
    ("session", "episode_key"): ("case id", "case", "episode", "episode id"),
    ("outcome", "completed_day"): ("date completed", "completed on", "answered", "survey date", "response date"),
    ("outcome", "timepoint_wk"): ("time point", "week", "timepoint"),
    ("outcome", "nprs_back_avg"): ("back pain", "nprs back"),
    ("outcome", "nprs_leg_avg"): ("leg pain", "nprs leg"),
    ("outcome", "odi_pct"): ("odi", "oswestry", "odi score"),
    ("outcome", "rmdq24"): ("rmdq", "roland morris", "roland morris score"),
    ("outcome", "psfs_mean"): ("psfs", "psfs mean"),
    ("outcome", "groc"): ("groc", "global rating of change"),
    ("outcome", "satisfaction"): ("satisfaction",),
}
"""(feed, field) to phrases, in lower case."""

PATIENT = ("patient id", "patient number", "client id", "patient no", "client number", "patient", "file number", "mrn")
"""How the patient's own number is called, in every feed."""

ANSWERS: dict[str, tuple[str, ...]] = {
    "attended": ("arrived", "attended", "completed", "yes", "checked in", "seen"),
    "dna": ("no show", "did not arrive", "dna", "missed", "did not attend", "no"),
    "cancelled": ("cancelled", "canceled"),
    "cancelled_late": ("late cancellation", "cancelled late", "late cancel"),
    "rescheduled": ("rescheduled", "moved"),
    "female": ("f", "female", "woman"),
    "male": ("m", "male", "man"),
    "yes": ("y", "yes", "true", "1"),
    "no": ("n", "no", "false", "0"),
    "low_back": ("low back", "lower back", "back", "lumbar"),
    "left": ("left", "l"),
    "right": ("right", "r"),
    "bilateral": ("both", "bilateral"),
    ".d": ("declined", "prefer not to say", "refused"),
    ".u": ("unknown", "don't know", "not sure"),
    ".n": ("n/a", "not applicable"),
}
"""Code or token to answers that often mean it, in lower case."""
