"""The `tasks` table: a partition for each person, their tasks in the order of time."""

from datetime import date

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from gatehouse.config import config
from gatehouse.dynamodb import Moment, Row, Whole
from gatehouse.tasks.model import Priority, Task


class TaskRow(Row):
    """A task. `due_at` repeats the due date for the index that sorts by it."""

    class Meta:
        table_name = config().tasks_table

    user_id = UnicodeAttribute(hash_key=True)
    task_id = UnicodeAttribute(range_key=True)
    title = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    completed = BooleanAttribute(default=False)
    completed_at = Moment(null=True)
    priority = UnicodeAttribute()
    due_at = UnicodeAttribute(null=True)
    created_at = Moment()
    updated_at = Moment()
    version = Whole(default=1)

    def to_task(self) -> Task:
        """The task as its owner sees it."""
        return Task(
            id=self.task_id,
            title=self.title,
            description=self.description,
            completed=self.completed,
            completed_at=self.completed_at,
            priority=Priority(self.priority),
            due_date=date.fromisoformat(self.due_at) if self.due_at else None,
            created_at=self.created_at,
            updated_at=self.updated_at,
            version=self.version,
        )
