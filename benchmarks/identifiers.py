"""Recall and precision of the finder of identifiers, by kind, on sentences made here with every identifier tagged.

    python benchmarks/identifiers.py [--names-by presidio] [--notes NOTES.jsonl] [--missed]

Sentences and identifiers are our own and invented; names and places are of many origins and mostly not in the finder's
lists. Half the name and place sentences give no cue. Clean sentences hold what only looks like an identifier. With
--notes, also counts what is flagged in de-identified notes of yours, by kind.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from dualalign.measures.privacy.finder import SecondOpinion, find_identifiers

FIRST = [
    "Oluwaseun",
    "Thandiwe",
    "Margaret",
    "James",
    "Priyanka",
    "Siobhan",
    "Dariusz",
    "Eleanor",
    "Hyun-woo",
    "Walter",
    "Ngozi",
    "Aurelio",
    "Beatrix",
    "Chukwuemeka",
    "Doris",
    "Fatoumata",
    "Gerald",
    "Harriet",
    "Ines",
    "Jerzy",
    "Kathleen",
    "Lupita",
    "Marisol",
    "Nikolaus",
    "Ottilie",
    "Prudence",
    "Raymond",
    "Saoirse",
    "Tobias",
    "Ulrike",
    "Virginia",
    "Wojciech",
    "Ximena",
    "Yaw",
    "Zofia",
    "Robert",
    "Linda",
    "Patricia",
    "Michael",
    "Susan",
]
LAST = [
    "Adebayo",
    "Mokoena",
    "Whitlock",
    "Harcastle",
    "Venkataraman",
    "O'Sullivan",
    "Wiśniewski",
    "Marlowe",
    "Park",
    "Thornbury",
    "Okonjo",
    "Ferreira",
    "Lindqvist",
    "Eze",
    "Pemberton",
    "Diallo",
    "Abernathy",
    "Vane",
    "Castellanos",
    "Zielinski",
    "Brown",
    "Nyong'o",
    "Quintero",
    "Brandt",
    "Müller",
    "Fairweather",
    "Kowalczyk",
    "Byrne",
    "Hathaway",
    "Lowenstein",
    "Garcia",
    "Smith-Jones",
    "McAllister",
    "Nguyen",
    "Johnson",
    "Boateng",
    "Schäfer",
    "DeLuca",
    "Tremblay",
    "Ashworth",
]
TOWN = (
    "Maplewood Cedar Falls|Wolverton Harlow Creek|Tuscaloosa Duluth|Bellingham Port Alder|Chicago Boston|Northfield San Diego|Eau Claire"
    " Gainesville|Lowell Winterhaven|Marietta St. Cloud|Tampa Brookfield"
)
TOWNS = [
    each.strip()
    for each in re.split(r"\||(?<=[a-z]) (?=Harlow|Duluth|Port|Boston|San D|Gaines|Winter|St\.)", TOWN)
]
STATES = ["OH", "WI", "TX", "MA", "Illinois", "Florida", "Oregon", "NY", "PA", "Minnesota"]
SITES = ["Mercy General Hospital", "Lakeview Medical Center", "St. Brigid's Hospital", "Oak Hollow Nursing Home", "Harbor Point Assisted Living", "Kessler Rehabilitation Center", "Bayview Memory Care", "Whitman Family Clinic", "Ridgeway High School", "Saint Alban's Church", "University of Wolverton", "Tremont Surgery Center", "Dunmore County Jail", "Elm Grove Pharmacy"]  # fmt: skip
STREETS = ["Maple Street", "Old Mill Road", "N. Harrison Ave", "West 42nd Street", "Birch Hollow Lane", "St. Clair Blvd", "Juniper Ct", "Route Nine Highway", "Lincoln Way", "Orchard Terrace"]  # fmt: skip
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

Random = random.Random
Tagged = tuple[str, list[tuple[str, int, int]]]
Row = tuple[int, int, int, int]


def name(r: Random) -> str:
    first, last = r.choice(FIRST), r.choice(LAST)
    return r.choice(
        [f"{first} {last}"] * 4 + [f"{first} {r.choice('ABCDEFGH')}. {last}", f"{first[0]}. {last}"]
    )


def full_name(r: Random) -> str:
    return f"{r.choice(FIRST)} {r.choice(LAST)}"


def date(r: Random) -> str:
    y, m, d = r.randint(1938, 2024), r.randint(1, 12), r.randint(1, 28)
    month = MONTHS[m - 1]
    end = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(d, "th")
    return r.choice(
        [
            f"{m:02d}/{d:02d}/{y}", f"{m}/{d}/{y % 100:02d}", f"{y}-{m:02d}-{d:02d}", f"{d} {month} {y}", f"{d:02d}.{m:02d}.{y}",
            f"{month} {d}, {y}", f"{month} {d}{end}, {y}", f"{month[:3]} {d}, {y}", f"{d:02d}-{month[:3]}-{y}", f"{m:02d}-{d:02d}-{y}",
            f"{month} {d}", f"{d}{end} of {month}", f"{month} {y}", f"{d:02d}/{m:02d}/{y}", f"{y}-{m:02d}-{d:02d}T08:15:00Z",
            f"{m:02d}-{d:02d}-{y % 100:02d}", f"{month[:3].upper()} {d} {y}", f"{d}{end} {month} {y}", f"{m:02d}/{y}", f"{y}/{m:02d}/{d:02d}",
        ]
    )  # fmt: skip


def digits(r: Random, pattern: str) -> str:
    """Return a pattern with # as digits and ? as capitals."""
    return re.sub(
        "[#?]",
        lambda each: str(r.randint(0, 9)) if each[0] == "#" else r.choice("ABCDEFGHJKLMNPRSTUVWXYZ"),
        pattern,
    )


def shapes(*patterns: str) -> Callable[[Random], str]:
    return lambda r: digits(r, r.choice(patterns))


MAKERS: dict[str, Callable[[Random], str]] = {
    "name": name,
    "full_name": full_name,
    "last": lambda r: r.choice(LAST),
    "first": lambda r: r.choice(FIRST),
    "listed": lambda r: r.choice([f"{r.choice(LAST)}, {r.choice(FIRST)}", f"{r.choice(LAST)}, {r.choice(FIRST)}".upper()]),
    "caps": lambda r: r.choice(LAST).upper(),
    "date": date,
    "age": lambda r: str(r.randint(90, 104)),
    "phone": shapes("(###) ###-####", "###-###-####", "###.###.####", "+1 ### ### ####", "1-###-###-####", "### ### ####", "+44 20 #### ####", "(###)###-#### ext. ###"),
    "email": lambda r: f"{r.choice(FIRST).lower()}{r.choice(['.', '_', ''])}{digits(r, '##')}@{r.choice(['examplemail.com', 'clinic.example.org', 'post.co.uk'])}",
    "web": lambda r: r.choice(["https://portal.example.org/p/" + digits(r, "####"), "www.family-updates.net", "http://my.records.com/?id=" + digits(r, "#####"), "carewall.org/u/" + digits(r, "##")]),
    "ip_address": lambda r: r.choice([".".join(str(r.randint(1, 254)) for _ in range(4)), "2001:db8:85a3::8a2e:370:7334", "fe80::1ff:fe23:4567:890a"]),
    "social_security": shapes("###-##-####", "### ## ####"),
    "record_number": shapes("########", "##-##-##", "######", "?#######", "###-####", "??-######", "MRN-######", "#######-#"),
    "health_plan": shapes("?????#########", "???-###-###", "#########", "?#?#-??#-??##", "XYZ########", "##########A", "HP-######", "??######"),
    "account": shapes("##########", "ACCT-######", "####-####", "A######", "########"),
    "licence": shapes("?#######", "??######", "RN-######", "########", "?###-####-####"),
    "vehicle": shapes("1HGCM82633A######", "???-####", "??? ####", "#???###"),
    "device": shapes("SN-#######", "?##-######", "#########", "PM####-##?", "??######??"),
    "other_number": shapes("EMP-#####", "STU######", "BIO-#####-??", "?##-#####"),
    "street": lambda r: f"{r.randint(2, 9999)} {r.choice(STREETS)}",
    "zip": shapes("#####", "#####-####"),
    "town": lambda r: r.choice(TOWNS),
    "town_state": lambda r: f"{r.choice(TOWNS)}, {r.choice(STATES)}",
    "site": lambda r: r.choice(SITES),
    "placeholder": shapes("[**Known lastname ####**]", "[**Hospital# ##**]", "[**2###-#-##**]", "[NAME]", "<DATE>", "[**First Name8 (NamePattern2) ####**]"),
}  # fmt: skip

KINDS = {
    "full_name": "name", "last": "name", "first": "name", "listed": "name", "caps": "name", "street": "address", "zip": "address",
    "town": "place", "town_state": "place", "site": "place",
}  # fmt: skip

TEMPLATES = """
Mr. {last} is a pleasant retired teacher.
Ms {caps} was seen with her daughter.
Dr. {name} adjusted the dose of donepezil.
Thank you for referring Mrs. {last} to our service.
Patient Name: {listed}
Pt: {full_name}, here for follow-up of memory loss.
Attending: {full_name}, MD
{full_name}, RN gave the teaching on falls.
Her husband {first} manages the pills.
History was given by his daughter, {first}, who lives nearby.
{full_name} is a 78-year-old woman with hypertension.
{full_name} forgot the stove twice last week.
Spoke with {full_name} about driving.
I called {full_name} to discuss the scan.
Summarize the course of {full_name}, who was started on memantine.
What is the plan for {full_name} after the fall?
The letter was copied to {full_name}.
{first} says that the nights are worse.
Please send the results to {full_name} this week.
According to {full_name}, he sleeps by day.
Emergency contact: {full_name}, {phone}.
Electronically signed by {full_name} on {date}.
Seen on {date} for a memory check.
DOB: {date}
Admitted {date} and discharged {date}.
The MRI of {date} showed atrophy.
Last colonoscopy {date}, normal.
He fell on {date} and again a week later.
Symptoms began in {date}.
Next visit is scheduled for {date}.
Between {date} and {date} she lost 4 kg.
Date of service: {date}. BP 132/78.
Married since {date}.
She is {age} years old and lives alone.
A {age}-year-old man with a Mini-Mental of 22/30.
The patient, aged {age}, walks with a cane.
{age} y.o. female with delirium.
Her mother died at {age}.
She will turn 80; her sister turned {age} in spring.
Call {phone} with questions.
Phone: {phone}
Fax the form to {phone} today.
His son can be reached at {phone}.
Contact number {phone} (home).
Cell {phone}; best after 5 pm.
Write to {email} for the forms.
Email: {email}
The daughter ({email}) asks for a letter.
Results are posted at {web} for the family.
See {web} for the video.
Portal login came from IP {ip_address} last night.
IP address {ip_address} was logged by the telehealth visit.
SSN: {social_security}
Social security number {social_security} is on file.
Her SSN is {social_security}.
MRN: {record_number}
MRN {record_number}, seen in memory clinic.
Medical record number {record_number}.
Chart #{record_number} was reviewed.
Please pull record no. {record_number} before the visit.
Medical record {record_number} shows no allergy.
(MRN {record_number}) with falls and confusion.
Encounter ID: {record_number}
Insurance ID {health_plan} was verified.
Health plan number: {health_plan}
Health plan beneficiary number {health_plan}.
Medicare number {health_plan}, active.
Blue Cross member ID: {health_plan}
Covered under policy {health_plan} until {date}.
Aetna PPO, subscriber ID {health_plan}.
Member # {health_plan}, copay 20 dollars.
His UnitedHealthcare plan ({health_plan}) denied the claim.
Medicaid ID {health_plan} needs renewal.
Account number {account} is past due.
Billing account: {account}
Acct# {account} was charged for the brace.
The bank account {account} pays for the aide.
Charge to account no. {account}.
Driver's license {licence} was surrendered.
License number: {licence}
Nursing license no. {licence}
DEA number {licence} on the script.
Certificate number {licence} is enclosed.
Her driver's licence ({licence}) expires soon.
VIN {vehicle} of the car she crashed.
License plate {vehicle} was reported.
Vehicle identification number: {vehicle}
His car, plate number {vehicle}, was towed.
Pacemaker serial number {device} was checked.
Device serial no.: {device}
Serial # {device}, implanted on the left.
Insulin pump S/N {device} was replaced.
Device ID {device} sends alarms at night.
The hip implant, serial {device}, is under recall.
Employee ID {other_number} of the caregiver.
Fingerprint ID {other_number} opens the cabinet.
Study ID: {other_number}
Student number {other_number} is on the form.
Biometric template {other_number} was enrolled.
Badge number {other_number}
Lives at {street} with his wife.
Mail goes to {street}, {town_state} {zip}.
Address: {street}
Home: {street}, {town}.
ZIP code {zip}.
An aide comes to {street} daily.
She lives in {town} with her sister.
Moved from {town} after the stroke.
Resident of {town_state}.
He grew up in {town} and was a baker.
Born in {town_state}.
Transferred from {site} after a fall.
Followed at {site} for tremor.
She resides at {site}.
Was admitted to {site} with sepsis.
The {town} fire brigade found her outside.
Seen in {town} last spring.
A cousin drives over from {town} weekly.
Worked for years in {town}.
Patients from {town_state} need a referral.
What services does {site} offer for dementia?
Spoke with {placeholder} about the scan.
Seen by {placeholder} in clinic.
""".strip().splitlines()

CLEAN = """
BP 120/80, pulse 72, temperature 98.6 F, RR 16, SpO2 97% on room air.
Strength 5/5 in all extremities; reflexes 2+ and symmetric.
Mini-Mental State 24/30, MoCA 18/30, CDR 0.5.
Takes donepezil 10 mg daily and memantine 5-10 mg twice a day.
Parkinson's disease was considered; Alzheimer's disease is more likely.
Babinski sign absent, Romberg negative, Hoffmann negative.
A Foley catheter was placed in the Emergency Department.
No Lewy body features, no Charles Bonnet hallucinations.
Hemoglobin 13.2, sodium 138, potassium 4.1, TSH 2.35, B12 412 pg/mL.
Glasgow Coma Scale 15; Geriatric Depression Scale 4/15.
She drinks 1/2 glass of wine and walks 3-4 miles a day.
Follow up in 6-8 weeks, or sooner on Monday if worse.
He was up 3 times a night, 2-3 nights a week.
The daughter reports that she forgets names. Denies pain.
PHQ-9 score 11, GAD-7 score 6, Katz ADL 5/6.
ICD-10 code G30.1 and CPT 99213 were billed.
Trial of Aricept, later Namenda and Seroquel.
HbA1c 6.8 (5.7 to 6.4), LDL 101, eGFR 58 mL/min/1.73 m2.
MRI with 1.5 T shows Fazekas 2 and 3 mm lacunes.
She is 78 years old; her mother had dementia at 81.
A 67-year-old right-handed man with 12 years of education.
Ejection fraction 55-60%, QTc 432 ms.
The patient is alert. Denies falls. Reports poor sleep.
Discussed with Neurology and Social Work.
Memory Clinic follow-up, Physical Therapy and Home Care ordered.
Weight 72.5 kg, height 168 cm, BMI 25.7, down 2.3 kg.
Vitamin D 2000 IU, Vitamin B12 1000 mcg, insulin 10 units at night.
CN II-XII intact; gait wide-based; Timed Up and Go 14 s.
Trails B 180 s, Digit Span 5 forward, 3 back; clock 2/5.
Bell's palsy in childhood; Crohn disease in remission.
Pain rated 7/10 today, 4/10 at best.
Take 1 tablet by mouth at 8 am and 8 pm.
Advance directive and Power of Attorney were discussed.
Sees well with glasses; 20/40 in the right eye.
He wandered out on Tuesday and was found in the garden.
Amyloid PET was positive; CSF p-tau 181 of 84 pg/mL.
Chief Complaint: Memory loss. History of Present Illness: see above.
In the last 12 months, 10-15 falls, no fracture.
Creatinine 1.1 (0.6-1.2), BUN 18, AST 22, ALT 19.
Return for: fever above 101, chest pain, new weakness.
The 5-7 hours of sleep are broken; naps 2 x 30 min.
Lisinopril 20 mg, HCTZ 12.5 mg, Lasix 40 mg, Coumadin 2.5 mg.
May repeat in 4 hours. Will call if worse. Mark the site.
He may march in place; exercise class in the hall.
Family history: Mother Alzheimer disease, Father Stroke, Sister Diabetes.
Mood: Anxious. Affect: Flat. Speech: Slow. Insight: Poor.
Test strips lot was changed; ratio 38/41/88; step 1.2.3.
Scored 3/5 on recall and 9/10 on orientation.
Neither Wernicke nor Broca aphasia; no Korsakoff syndrome.
Plan: Continue Tylenol 500 mg q6h, Miralax 17 g, Senna 8.6 mg.
""".strip().splitlines()


# Written after the rules, in another manner: [kind:identifier]. They were scored once before any rule was changed.
LATER = """
Could you tell me whether [name:Amara Lindgren], DOB [date:7 Feb 1951], qualifies for lecanemab?
Pt [name:Tomasz Wrona] (MRN [record_number:4471-0092]) eloped from [place:Silver Birch Manor] on the evening of [date:Jan 3rd].
Draft a referral to Dr [name:Helena Voss] at [place:Northgate Neuroscience Institute], tel [phone:617.555.0142].
My mother, [name:Philomena], turned [age:93] last week and no longer knows the way home.
Patient [name:Ikechukwu Obi] presented to the ED at [place:St. Columba Hospital] on [date:11/02/2023] with agitation.
RE: [name:DUPONT, CLAIRE] / Claim [account:88-201-4471] / [date:2023.11.05]
Policy holder ID [health_plan:GHP 4410 2288] lapsed; please contact [email:claims@northplan.example.com].
Her beneficiary no. is [health_plan:4AB7-XC2-RT88] under Humana Gold.
The aide, [name:Bernadette Okoro], can be paged at [phone:555-0177].
Insurance: Cigna [health_plan:U7719920431].
Hgb 12.1. Reviewed with [name:Svetlana Markova] (daughter) by phone [phone:+49 30 901820].
[name:Gunnar Halvorsen], a retired fisherman from [place:Port Townsend], WA, repeats his stories.
She used to teach at [place:Roosevelt Elementary School] in [place:Yakima].
Please mail the report to [address:77 Quarry Bank Road], [place:Dunmore], PA [address:18512].
Live-in carer at flat [address:14 Rosebery Crescent, Apt 3C].
Pacemaker model A2, serial [device:PJN728114H], battery ok.
CPAP device number [device:23191-44807] downloads nightly.
Cochlear implant SN [device:9920-118823].
Driving licence no [licence:D400-7836-0001] was revoked in [date:10/2022].
Car reg [vehicle:KX19 ABV] seen outside the pharmacy.
VIN on the insurance form: [vehicle:2T1BURHE5JC034461].
The video visit from [ip_address:172.16.254.9] dropped twice.
Video at [web:https://vimeo.com/88120-family].
Her blog, [web:rememberingnan.com], mentions the wandering.
Social: [record_number:219-09-9999]. Married.
SSN ending in [record_number:4821] verified at the desk.
Photo ID [other_number:IMG_20231.88] attached.
Facial recognition ID [other_number:FR-88120-K] opened the ward door.
What does the note of [date:Thursday, 9 March 2023] say about [name:Mrs. Achterberg]?
Admit date: [date:03-Nov-2022], d/c [date:11/9].
Date [date:20220814].
Follow up on or about [date:the 4th of July].
Readmitted [date:12/24] with sepsis.
A [age:97] yo man from [place:Havre de Grace].
He is [age:101].
Age: [age:91]
The patient is [age:95-year-old] veteran.
MR # [record_number:00088213] signed: [name:K. Osterman, NP].
Hospital no. [record_number:H 55210].
Patient identifier [record_number:PT-2022-00417] for [name:Lorenzo].
Account [account:7700-21-889] was sent to collections.
Credit card ending [account:9921].
Bank: routing [account:021000021].
Registered nurse licence [licence:RN 554210].
NPI [licence:1457382910].
Fax [phone:(0)20 7946 0018].
Her nephew [name:Desmond] drives her to [place:Ashbury Adult Day Center].
Interpreter: [name:Mai Phuong].
I met with Ms [name:Oyelowo-Grant] and her partner.
Can [name:Rosalind Achebe] stop donepezil before surgery at [place:Good Samaritan]?
Neighbor of [place:Lower Eastfield] found him on [place:Harbor Street].
[name:Mr van der Berg] sleeps better.
Seen with her sister [name:Anne-Marie O'Dowd] today.
Dr. [name:al-Rashid] will see him at [place:Dover].
Thanks, [name:Piet].
PCP [name:Ludmila Horáková].
Twitter handle [web:@nan_remembers].
Username [web:gpa_joe55] on the portal.
Member number [health_plan:0099817264-01].
Group no. [health_plan:GRP-55102] / Rx BIN ok.
Coverage through Kaiser, MRN/ID [health_plan:001223847].
Tricare sponsor number [health_plan:778120345].
""".strip().splitlines()


def marked(line: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Return a later sentence and where its identifiers stand, by kind."""
    text, spans = "", []
    for before, kind, value in re.findall(r"([^\[]*)(?:\[(\w+):([^\]]+)\])?", line):
        text += before
        if kind:
            spans.append((kind, len(text), len(text) + len(value)))
            text += value
    return text, spans


def tagged(template: str, r: Random) -> tuple[str, list[tuple[str, int, int]]]:
    """Return a sentence and where its identifiers stand, by kind."""
    text, spans = "", []
    for piece in re.split(r"(\{\w+\})", template):
        if piece[:1] == "{":
            maker = piece[1:-1]
            value = MAKERS[maker](r)
            spans.append((KINDS.get(maker, maker), len(text), len(text) + len(value)))
            text += value
        else:
            text += piece
    return text, spans


def made(rounds: int = 12, seed: int = 0) -> list[Tagged]:
    """Return the sentences of the templates, filled anew in each round, and the clean ones."""
    r = random.Random(seed)
    return [tagged(each, r) for each in TEMPLATES for _ in range(rounds)] + [(each, []) for each in CLEAN]


def score(sentences: list[Tagged], second: SecondOpinion | None = None, show: bool = False) -> dict[str, Row]:
    """Return, by kind: tagged, found of them, flagged as that kind, and flagged where something is tagged."""
    total, hit, flagged, right = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for text, spans in sentences:
        found = [
            (each.kind, each.start, each.start + len(each.value)) for each in find_identifiers(text, second)
        ]
        for kind, start, end in spans:
            covered = sum(max(0, min(end, b) - max(start, a)) for _, a, b in found)
            total[kind] += 1
            hit[kind] += 2 * covered >= end - start
            if show and 2 * covered < end - start:
                print(f"missed {kind}: {text}")
        for kind, start, end in found:
            flagged[kind] += 1
            real = any(min(end, b) > max(start, a) for _, a, b in spans)
            right[kind] += real
            if show and not real:
                print(f"false {kind}: {text[start:end]!r} in {text}")
    return {kind: (total[kind], hit[kind], flagged[kind], right[kind]) for kind in (total | flagged)}


def with_sums(rows: dict[str, Row]) -> dict[str, Row]:
    """Return the rows in order, with one for all kinds that have a form, and one for all."""

    def total(kinds: Iterable[str]) -> Row:
        columns = zip(*(rows[kind] for kind in kinds), strict=True)
        tags, hits, flags, real = map(sum, columns)
        return tags, hits, flags, real

    forms = [kind for kind in rows if kind not in ("name", "place")]
    return dict(sorted(rows.items())) | {"all but names and places": total(forms), "all": total(rows)}


def flagged_in(notes: Path, second: SecondOpinion | None) -> None:
    raw = notes.read_bytes()
    lines = (gzip.decompress(raw) if notes.suffix == ".gz" else raw).decode().split("\n")
    texts = [json.loads(line)["text"] for line in lines if line]
    begun = time.perf_counter()
    kinds = Counter(each.kind for text in texts for each in find_identifiers(text, second))
    taken = time.perf_counter() - begun
    print(
        f"\n{notes.name}: {len(texts):,} notes, {sum(map(len, texts)) / taken / 1e6:.2f} million characters a second"
    )
    print(", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common()))


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--names-by")
    options.add_argument("--notes", type=Path)
    options.add_argument("--missed", action="store_true")
    given = options.parse_args()
    second = None
    if given.names_by:
        from dualalign.measures.privacy.second_opinion import second_opinion

        second = second_opinion(given.names_by)
    for title, sentences in (
        ("made from templates", made()),
        ("written later", [marked(each) for each in LATER]),
    ):
        print(f"\n{title}\n| kind | tagged | recall | precision |\n|---|---|---|---|")
        rows = score(sentences, second, given.missed)
        for kind, (tags, hits, flags, real) in with_sums(rows).items():
            recall, precision = hits / tags if tags else float("nan"), real / flags if flags else float("nan")
            print(f"| {kind} | {tags} | {recall:.2f} | {precision:.3f} |")
    if given.notes:
        flagged_in(given.notes, second)


if __name__ == "__main__":
    main()
