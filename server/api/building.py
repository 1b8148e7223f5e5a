"""`build_house`: the parts of all floors, made once and joined. What is done in jobs is entered here too."""

from __future__ import annotations

from datetime import timedelta

from server.api import dialects
from server.api.house import House
from server.api.openai.response_run import Desk
from server.api.openai.tasks import endpoint_tasks
from server.catalog import Catalog
from server.chat.backend import Backend
from server.chat.completion import LocalBackend
from server.chat.embedding import LocalEmbeddings
from server.chat.meter import Meter
from server.chat.metered import MeteredBackend, MeteredEmbeddings, Turnstile
from server.chat.register import Register, RegisteredEmbeddings
from server.engine.pool import Pool
from server.hub.hub import Hub
from server.hub.pull import Puller
from server.jobs.batches import Batches
from server.jobs.file_questions import file_question_tasks
from server.jobs.indexing import Indexing
from server.jobs.protollm import front_of
from server.jobs.pulling import pull_model
from server.jobs.summaries import summary_task
from server.jobs.webhooks import Webhooks
from server.jobs.wiring import open_jobs
from server.search.answers import FileAnswers
from server.search.search import open_search
from server.search.sessions import FileSessions
from server.services.calls import Calls
from server.services.directory import Services
from server.services.runner import Runner
from server.settings import Settings
from server.store.audit import AuditLog
from server.store.auth_keys import AuthKeys
from server.store.batches import BatchRows
from server.store.conversations import Conversations
from server.store.database import Database
from server.store.files import Files
from server.store.responses import Responses
from server.store.sessions import Sessions
from server.store.usage import UsageRows
from server.telemetry import Metrics
from server.upstream.router import Upstreams


def build_house(
    settings: Settings, *, backend: Backend | None = None, pool: Pool | None = None, keys: AuthKeys | None = None
) -> House:
    """All parts. Those that are given stand in for the real ones.

    The door to models, from the outside in: what is being answered (`Register`), what the key may and what it used
    (`MeteredBackend`), models elsewhere or here (`Upstreams`), the pool.

    Raises CatalogError or StoreError where the models' files or the database cannot be used.
    """
    catalog, metrics = Catalog.from_settings(settings), Metrics()
    pool = pool or Pool(settings, catalog, metrics)
    database = Database.open(settings)
    keys = keys or AuthKeys(database, AuditLog(settings.paths.data_dir / "audit.log"))
    _let_stand_in(keys, settings)
    usage = UsageRows(database)
    meter = Meter(database, usage)
    turnstile, upstreams = Turnstile(keys, catalog, meter), Upstreams(catalog, settings, metrics)
    door = upstreams.beside(backend or LocalBackend(pool, catalog, settings))
    register = Register(MeteredBackend(door, turnstile))
    vector_door = upstreams.beside_vectors(LocalEmbeddings(pool, catalog))
    vectors = RegisteredEmbeddings(MeteredEmbeddings(vector_door, turnstile), register)
    limit = settings.limits.kept_mb << 20
    responses, conversations = Responses(database, limit), Conversations(database, limit)
    shelf = settings.paths.data_dir / "files"
    files = Files(database, shelf, settings.limits.files_mb << 20, settings.limits.files)
    search = open_search(settings, catalog, register, vectors, database)
    jobs = open_jobs(settings, database, allow=turnstile.allow, charge=meter.charge)
    calls = Calls(register, at_once=settings.services.inferences, attempts=settings.services.attempts)
    house = House(
        settings=settings,
        catalog=catalog,
        pool=pool,
        puller=Puller(Hub(), catalog, settings.paths.data_dir),
        backend=register,
        register=register,
        embeddings=vectors,
        keys=keys,
        metrics=metrics,
        database=database,
        responses=responses,
        conversations=conversations,
        sessions=Sessions(database, limit),
        desk=Desk(register, responses, conversations, search),
        files=files,
        jobs=jobs,
        batches=Batches(jobs, BatchRows(database), files, timedelta(days=settings.jobs.keep_days)),
        webhooks=Webhooks(jobs, settings.jobs.webhook_hosts),
        search=search,
        turnstile=turnstile,
        usage=usage,
        services=Services.from_settings(settings),
        service_runner=Runner(calls, catalog),
        upstreams=upstreams,
        protollm=front_of(settings),
    )
    _enter_tasks(house, calls)
    return house


def _let_stand_in(keys: AuthKeys, settings: Settings) -> None:
    for face in dialects.faces(settings):
        for id in face.stand_in.values():
            keys.ensure_stand_in(id, f"whoever sends the text that is set for the dialect {face.name}")


def _enter_tasks(house: House, calls: Calls) -> None:
    """All that can be done in jobs, and what is tidied beside them."""
    indexing = Indexing(house.search, house.files, house.settings.jobs.attempts)
    sessions = FileSessions(house.search, house.files, house.conversations)
    answers = FileAnswers(house.search, house.backend)
    house.jobs.tasks.add(indexing.task, summary_task(house.service_runner), pull_model(house.puller, house.keys))
    house.jobs.tasks.add(*file_question_tasks(house.search, sessions, answers, indexing, house.webhooks, calls))
    house.jobs.tasks.add(*endpoint_tasks(house))
    house.jobs.when_tidying(house.files.sweep)
    house.jobs.when_tidying(house.search.tidy)
    house.jobs.when_looking(indexing.look)
    house.jobs.when_tidying(indexing.tidy)
