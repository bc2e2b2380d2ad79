"""Reads what pip-audit says as JSON and tells it in a sentence; exit 1 on a known hole.

A registry that offers no vulnerability data, or a machine without a network, is no finding: then
nothing was audited, which is said, and fails nothing.
"""

import json
import sys


def main(said: str) -> int:
    """Print one line, and one more for each hole; 1 when there is one."""
    packages = json.loads(said)["dependencies"] if said.strip() else []
    audited = [each for each in packages if "skip_reason" not in each]
    holes = [(each, hole) for each in audited for hole in each.get("vulns", ())]
    if not audited:
        print(
            f"Nothing was audited: of {len(packages)} packages the registry tells no "
            "vulnerabilities. Run `make audit` where it does."
        )
        return 0
    print(f"{len(audited)} of {len(packages)} packages audited, {len(holes)} known holes.")
    for each, hole in holes:
        fixed = ", ".join(hole.get("fix_versions", ())) or "no version yet"
        print(f"  {each['name']} {each['version']}: {hole['id']}, fixed in {fixed}")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin.read()))
