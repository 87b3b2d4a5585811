"""Measure a cohort and read its figures: value, interval, and what to compare it with."""

import dualalign as da


def main() -> None:
    cohort = da.generate("alzheimers", patients=3, seed=1)
    for step, measures in da.evaluate(cohort, only=["alignment", "diversity"]).items():
        print(step)
        for measure in measures:
            better = {"min": "less", "max": "more"}[measure.goal]
            print(f"  {measure}  ({better} is better)")
            for name, value in list(measure.baseline.items())[:3]:
                print(f"    compare with {name}: {value:.4g}")


if __name__ == "__main__":
    main()
