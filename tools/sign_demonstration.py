"""Signs every agreement of the demonstration region for every party: python tools/sign_demonstration.py.

The secret halves lie open in region/keys/: they prove nothing, and `careweave serve` refuses them.
A key that is missing is made, and its public half is put into region/organisations.yaml.
"""

import os
import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGION = ROOT / "region"
AT = date(2025, 9, 15)


def main() -> None:
    """Makes the keys that are missing and signs what is not signed as it stands."""
    sys.path.insert(0, str(ROOT))
    from careweave.agreements import (  # noqa: PLC0415
        GROUP,
        Notices,
        Signer,
        private_pem,
        public_text,
        read_organisations,
        refuse,
        signed_file,
    )

    listed = REGION / "organisations.yaml"
    notices = Notices()
    known = read_organisations(listed.read_bytes(), listed.name, notices)
    refuse(notices.told())
    for slug, one in known.items():
        path = REGION / "keys" / f"{slug}.demonstration.pem"
        if one.kind != GROUP and not one.keys:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(private_pem(os.urandom(32)))
            x = public_text(path.read_bytes())
            listed.write_text(_with_key(listed.read_text(), slug, x))
    signers = dict(
        re.findall(
            r"- id: (\S+)\n    name: .*\n    members: .*\n    signer: (\S+)", listed.read_text()
        )
    )
    staff = dict(
        re.findall(r"  - id: (\S+)\n(?:    .*\n)*?    staff: \[([^,\]]+)", listed.read_text())
    )
    for path in sorted((REGION / "agreements").glob("*.yaml")):
        made = path.read_bytes()
        for slug in re.findall(r'org: "?(?:org|group):([a-z0-9-]+)"?\n? *,? *name:', made.decode()):
            signer = signers.get(slug, slug)
            secret = (REGION / "keys" / f"{signer}.demonstration.pem").read_bytes()
            name = staff.get(signer, known[signer].name)
            who = Signer(slug, "caldicott-guardian", name, AT, secret, f"{signer}-demonstration")
            made = signed_file(made, path.name, who)
        if made != path.read_bytes():
            path.write_bytes(made)
            print(f"signed {path.relative_to(ROOT)}")


def _with_key(text: str, slug: str, x: str) -> str:
    key = (
        "    keys:\n"
        f"      - {{kid: {slug}-demonstration, alg: Ed25519, x: {x}, by: caldicott-guardian,\n"
        "         from: 2025-01-01, to: 2035-12-31, demonstration: true}\n"
    )
    return re.sub(
        rf"(  - id: {slug}\n(?:    .*\n)*?)(    share: )", rf"\g<1>{key}\g<2>", text, count=1
    )


if __name__ == "__main__":
    main()
