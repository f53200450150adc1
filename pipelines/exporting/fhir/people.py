"""Who and when: Patient, PractitionerRole, EpisodeOfCare, Encounter and Appointment as parts of intake and session records."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from pipelines.exporting.facts import NO_DAY, Fact, Facts
from pipelines.exporting.fhir.access import (
    Json,
    absent_token,
    code_of,
    codes_of,
    day_of,
    key_of,
    moment_of,
    part_of,
    parts_of,
    text_of,
)
from pipelines.exporting.records import Record, Value
from pipelines.exporting.tally import Tally

NO_PATIENT = "it does not say whose it is"
ENTERED_IN_ERROR = "it was entered in error"
_ATTENDANCE = {"finished": "attended", "cancelled": "cancelled"}
_MODES = {"AMB": "in_person", "HH": "in_person", "VR": "telehealth"}
_MISSED = {"noshow": "dna", "cancelled": "cancelled"}
_SEXES = ("female", "male", "other")


class People:
    """Reads the resources that say who came when; `classes` and `types` say which encounters are contacts of the clinic."""

    def __init__(
        self, facts: Facts, tally: Tally, zone: ZoneInfo, classes: frozenset[str], types: frozenset[str]
    ) -> None:
        self._facts, self._tally, self._zone = facts, tally, zone
        self._classes, self._types = classes, types
        self._roles: dict[str, dict[str, Value]] = {}
        self._seen_without_role: set[str] = set()

    def patient(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """Birth date and sex; nothing else of a Patient is looked at."""
        values: dict[str, Value] = {"patient_key": key}
        birth_date, gender = text_of(resource, "birthDate"), text_of(resource, "gender")
        if birth_date:
            values["birth_date"] = birth_date
        if gender in _SEXES:
            values["sex"] = gender
        elif token := absent_token(part_of(resource, "_gender")):
            values["sex"] = token
        yield Record("intake", values, file, line)

    def practitioner_role(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """What kind of practitioner somebody is, for the sessions that follow."""
        practitioner = key_of(part_of(resource, "practitioner")) or key
        codes = [
            code for part in parts_of(resource, "code") + parts_of(resource, "specialty") for code in codes_of(part)
        ]
        role: dict[str, Value] = {}
        for name in ("practitioner_profession", "practitioner_qualification"):
            known = next(filter(None, (self._facts.rules.coded("session", name, code) for code in codes)), None)
            if known:
                role[name] = known
        if not role:
            self._tally.unmapped("PractitionerRole", "a role that the mapping does not know", file, line)
        elif practitioner in self._seen_without_role:
            self._tally.unmapped("PractitionerRole", "a role that came after its practitioner's encounters", file, line)
        self._roles.setdefault(practitioner, {}).update(role)
        yield from ()

    def episode(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """Whose an episode is; its days are those of its encounters."""
        patient = key_of(part_of(resource, "patient"))
        if text_of(resource, "status") in ("entered-in-error", "cancelled"):
            self._tally.unmapped("EpisodeOfCare", "it was cancelled or entered in error", file, line)
        elif not patient:
            self._tally.unmapped("EpisodeOfCare", NO_PATIENT, file, line)
        else:
            yield Record("intake", {"patient_key": patient, "episode_key": key}, file, line)

    def encounter(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """A contact as a session, and why it was made as facts of its episode."""
        patient, period = key_of(part_of(resource, "subject")), part_of(resource, "period")
        start = text_of(period, "start")
        day = day_of(start, self._zone)
        attendance = _ATTENDANCE.get(text_of(resource, "status"), "")
        reason = self._not_a_contact(resource, patient, day, attendance)
        if reason:
            self._tally.unmapped("Encounter", reason, file, line)
            return
        episode = next(filter(None, (key_of(one) for one in parts_of(resource, "episodeOfCare"))), "")
        values: dict[str, Value] = {
            "session_key": key,
            "patient_key": patient,
            "session_day": day,
            "attendance": attendance,
            "mode": _MODES.get(code_of(part_of(resource, "class")).rpartition("|")[2]),
        }
        if episode:
            values["episode_key"] = episode
        end = text_of(period, "end")
        if len(start) > 10:
            values["starts_at"] = moment_of(start)
            if len(end) > 10:
                values["ends_at"] = moment_of(end)
        values |= self._treated_by(resource)
        if attendance == "attended":
            self._facts.contact(patient, day, episode)
        yield Record("session", values, file, line)
        for concept in parts_of(resource, "reasonCode"):
            fact = Fact("Encounter", patient, day, True, file, line, session=key)
            for code in codes_of(concept):
                yield from self._facts.records(fact, self._facts.rules.targets.get(code, ()))

    def appointment(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """An appointment that was missed or cancelled; one that was kept is told by its Encounter."""
        attendance = _MISSED.get(text_of(resource, "status"), "")
        if not attendance:
            return
        actors = [text_of(part_of(one, "actor"), "reference") for one in parts_of(resource, "participant")]
        patient = next((key_of({"reference": actor}) for actor in actors if "Patient/" in actor), "")
        day = day_of(text_of(resource, "start"), self._zone)
        if not patient or not day:
            self._tally.unmapped("Appointment", NO_DAY if patient else NO_PATIENT, file, line)
            return
        values = {"session_key": key, "patient_key": patient, "session_day": day, "attendance": attendance}
        yield Record("session", values, file, line)

    def _not_a_contact(self, resource: Json, patient: str, day: str, attendance: str) -> str:
        if text_of(resource, "status") == "entered-in-error":
            return ENTERED_IN_ERROR
        if not patient:
            return NO_PATIENT
        if not day:
            return NO_DAY
        if not attendance:
            return "an encounter that is not over"
        if code_of(part_of(resource, "class")).rpartition("|")[2] not in self._classes:
            return "an encounter of a class that is no contact of the clinic"
        types = (code for concept in parts_of(resource, "type") for code in codes_of(concept))
        if self._types and self._types.isdisjoint(types):
            return "an encounter of a type that is no contact of the clinic"
        return ""

    def _treated_by(self, resource: Json) -> dict[str, Value]:
        for participant in parts_of(resource, "participant"):
            practitioner = key_of(part_of(participant, "individual"))
            if practitioner:
                role = self._roles.get(practitioner)
                if role is None:
                    self._seen_without_role.add(practitioner)
                return {"practitioner_key": practitioner} | (role or {})
        return {}
