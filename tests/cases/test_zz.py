import pytest, time
from apps.audit import trail
from apps.cases import integrity
@pytest.mark.parametrize("n",range(5))
def test_a(cast, life, n):
    t=time.time()
    case = life.reviewed()
    print(time.time()-t, life.journal(case), life.mail(case))
    assert list(integrity.faults())==[]
    assert trail.verify().ok
@pytest.mark.django_db(transaction=True)
def test_b(cast, life):
    case = life.reviewed()
