from threadpoolctl import threadpool_info

from dualalign.stats.threads import one_thread


def threads() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_linear_algebra_keeps_to_one_thread_and_no_longer() -> None:
    with one_thread():
        assert threads() == {1}
        before = threads()
        with one_thread():
            assert threads() == {1}
        assert threads() == before
