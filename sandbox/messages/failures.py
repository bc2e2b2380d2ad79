"""Why a job, or one of its models, ended without a result: what is safe, what to do."""

from django.utils.translation import gettext_lazy as _

from .names import Words

FAILURES: dict[str, Words] = {
    "empty_file": _(
        "The file is empty. Nothing was changed; choose a file with a header row and data."
    ),
    "no_rows": _(
        "The file has a header row but no data below it. Nothing was changed; add rows and "
        "upload it again."
    ),
    "not_a_table": _(
        "This file is not a table (it looks like: %(looks)s). Nothing was opened or changed; "
        "upload CSV, TSV, Excel (.xlsx) or Parquet."
    ),
    "old_excel": _(
        "This is an old Excel file (.xls) or one with a password. Nothing was changed; save it "
        "in Excel as .xlsx without a password, or as CSV."
    ),
    "file_too_big": _(
        "The file has %(megabytes)s MB; at most %(limit)s MB can be read. Nothing was changed; "
        "upload a part of the rows or leave columns out."
    ),
    "too_many_rows": _(
        "The table has more than %(limit)s rows. Nothing was changed; a random part of the rows "
        "is enough for a prototype."
    ),
    "too_many_columns": _(
        "The table has %(columns)s columns; at most %(limit)s can be read. Nothing was changed; "
        "keep the columns that may matter."
    ),
    "cell_too_long": _(
        "A cell%(in_column)s has more than %(limit)s characters. Nothing was changed; a missing "
        "closing quotation mark is the usual cause."
    ),
    "quote_unclosed": _(
        "A quotation mark in the file is opened but never closed, so the rest cannot be told "
        "apart. Nothing was changed; export the file again or mend that cell."
    ),
    "encoding_unknown": _(
        "The characters of this file could not be read. Nothing was changed; save it as CSV in "
        "UTF-8 and upload it again."
    ),
    "workbook_broken": _(
        "The Excel file could not be opened: it is damaged or holds parts that are not allowed. "
        "Nothing was changed; save it once more in Excel, or as CSV."
    ),
    "workbook_bomb": _(
        "Unpacked, the Excel file would have %(megabytes)s MB (limit %(limit)s MB, and no sheet "
        "packs that tightly). It was not opened; export the sheet as CSV."
    ),
    "parquet_broken": _(
        "The Parquet file is damaged or cut off. Nothing was changed; write it once more and "
        "upload it again."
    ),
    "nested_only": _(
        "All columns of this Parquet file hold lists or structures (%(columns)s). Nothing was "
        "changed; flatten them to one value per cell."
    ),
    "pictures_too_many": _(
        "The archive holds %(count)s pictures, or they are too large unpacked; at most %(limit)s "
        "can be read. Nothing was changed; a few hundred of each class are enough for a prototype."
    ),
    "pictures_none": _(
        "None of the %(count)s pictures in the archive could be read. Nothing was changed; use "
        "PNG or JPEG files, in one folder for each class."
    ),
    "no_pictures": _(
        "This task type learns from pictures, and the file holds none. Nothing was changed; "
        "upload a zip of PNG or JPEG files, in one folder for each class."
    ),
    "task_unknown": _("There is no task type “%(task)s”. Possible: %(possible)s."),
    "metric_unknown": _(
        "The metric “%(metric)s” does not fit this target. Nothing was trained; possible: "
        "%(possible)s."
    ),
    "target_missing": _(
        "There is no column “%(target)s”. Nothing was trained; did you mean: %(columns)s?"
    ),
    "target_empty": _(
        "The target column “%(target)s” is empty in every row. Nothing was trained; choose a "
        "column with known outcomes."
    ),
    "target_not_number": _(
        "The target “%(target)s” is not a number (it holds: %(examples)s). Nothing was trained; "
        "choose a number column, or classification as the task type."
    ),
    "target_constant": _(
        "The target “%(target)s” has the same value (%(value)s) in every row, so there is "
        "nothing to predict. Choose another column or add rows with other values."
    ),
    "one_class": _(
        "The target “%(target)s” is “%(label)s” in every row, so there is nothing to tell "
        "apart. Add rows of the other kind, or choose another column."
    ),
    "too_few_per_class": _(
        "At least two classes of “%(target)s” need %(needed)s rows each. Nothing was trained; "
        "add rows, or merge rare classes."
    ),
    "too_many_classes": _(
        "The target “%(target)s” has %(classes)s different values; classification works with up "
        "to %(limit)s. If it is a quantity, choose regression; if not, group its values."
    ),
    "too_few_rows": _(
        "The rows with a known target are too few: %(rows)s. At least %(needed)s are needed to "
        "learn and to check honestly. Nothing was trained; add rows."
    ),
    "no_features": _(
        "Besides the target no column is left to learn from: keys, free text and constant "
        "columns teach nothing that holds for new rows. Add columns that are known before the "
        "outcome."
    ),
    "time_unread": _(
        "The column “%(column)s” does not hold times (it holds: %(examples)s). Nothing was "
        "trained; choose a column of dates such as 2026-01-31, of months such as 2026-01, or of "
        "numbers that count up."
    ),
    "times_repeat": _(
        "The same time stands twice in one series (series “%(series)s”, %(time)s; %(count)s such "
        "rows in all). Nothing was trained; add these rows up first, or name the column that "
        "tells the series apart."
    ),
    "times_irregular": _(
        "The times in “%(column)s” follow no steady step, so there is no next one to forecast. "
        "Nothing was trained; add the rows up by day, week or month first."
    ),
    "series_too_short": _(
        "The longest series has %(longest)s values; this forecast needs %(needed)s to learn and "
        "to be checked. Nothing was trained; add earlier values, or forecast fewer steps."
    ),
    "horizon_too_long": _(
        "%(horizon)s steps ahead are too many for series of up to %(longest)s values: at most "
        "%(limit)s can be forecast and checked. Nothing was trained; ask for fewer steps, or add "
        "earlier values."
    ),
    "no_text": _(
        "There is no column of text to learn from. Nothing was trained; name a column that holds "
        "sentences, or choose classification, which learns from numbers and categories."
    ),
    "too_few_queries": _(
        "Only %(queries)s values of “%(column)s” have rows of different relevance; at least "
        "%(needed)s are needed to learn an order and to check it. Nothing was trained; add such "
        "rows, or choose another column."
    ),
    "columns_same": _(
        "“%(column)s” cannot be the users and the items at once. Nothing was trained; choose two "
        "columns."
    ),
    "too_few_interactions": _(
        "There is too little to learn whose taste is alike: %(users)s users, %(items)s items, "
        "%(pairs)s different pairs. Nothing was trained; at least %(needed)s pairs of several "
        "users and items are needed."
    ),
    "test_columns_missing": _(
        "The table to predict lacks columns that the model needs: %(columns)s. Nothing was "
        "predicted; add them under the same names."
    ),
    "model_broken": _("The saved model could not be read. Your data is safe; train it once more."),
    "job_invalid": _(
        "The job was not understood (field “%(field)s”). Your data is safe; start it again."
    ),
    "memory": _(
        "The job needed more memory than it may use and was stopped. Your data is safe; try "
        "fewer rows or columns."
    ),
    "no_room": _(
        "The disk of this server is full, so the job could not keep its files. Your table is "
        "safe; delete tables that nobody needs any more, tell the operator, and try again."
    ),
    "file_changed": _(
        "The file in the store is no longer the one that was brought, so it was not opened. "
        "Bring the table again, and tell the operator."
    ),
    "unexpected": _(
        "Something unexpected stopped the job (%(type)s). Your data is safe; try again, and "
        "tell the operator if it happens twice."
    ),
    # why one model of the leaderboard has no score, or is not the one that is kept
    "lead_may_be_luck": _(
        "Its lead over the mean of several models may be luck. The mean is kept, as it errs less "
        "where a few rows decide."
    ),
    "no_time": _("Not trained: the time budget was used up. Give the run more seconds."),
    "outshone": _(
        "Not trained: at a first look it did worse than the first model, so its time went to "
        "others."
    ),
    "stopped": _("Not trained: the run was stopped early."),
    "no_memory": _("Not trained: it needed more memory than the run may use."),
    "learner_failed": _(
        "This model could not be trained on this table; the others are not affected."
    ),
    "weights_missing": _(
        "The file of pre-trained weights is not there, is empty or may not be read; the other "
        "models are not affected. Ask the operator to look at SANDBOX_IMAGE_WEIGHTS."
    ),
    "weights_pickle": _(
        "The file of pre-trained weights is a PyTorch pickle (.pth), which is never opened because "
        "it could run code; the other models are not affected. The operator converts it once with "
        "safetensors.torch.save_file, as docs/running.md shows."
    ),
    "weights_broken": _(
        "The file of pre-trained weights is damaged, cut off or no safetensors file; the other "
        "models are not affected. Ask the operator to copy it once more."
    ),
    "weights_foreign": _(
        "The file of pre-trained weights is not that of a ResNet-18 with torchvision's names; the "
        "other models are not affected. Ask the operator for such a file."
    ),
    "weights_not_finite": _(
        "The file of pre-trained weights holds numbers that are not finite; the other models are "
        "not affected. Ask the operator for another file."
    ),
    "other_count": _(
        "Left out: it finds by itself how many clusters there are, and those were not as many as "
        "asked for."
    ),
}

ENDINGS: dict[str, Words] = {
    "memory": FAILURES["memory"],
    "cpu": _(
        "The job used up the computing time that one job may have and was stopped. Your data is "
        "safe; try fewer rows or columns, or a shorter run."
    ),
    "timeout": _(
        "The job took longer than it may and was stopped. Your data is safe; try again when less "
        "is going on, or with fewer rows or columns."
    ),
    "disk": _(
        "The job wrote more than it may and was stopped. Your data is safe; try fewer rows or "
        "columns, and tell the operator if it happens twice."
    ),
    "processes": _(
        "The job started more processes than it may and was stopped. Your data is safe; try again, "
        "and tell the operator if it happens twice."
    ),
    "cancelled": _("The job was stopped because somebody cancelled it. Your data is safe."),
    "crashed": _(
        "The job ended without saying why. Your data is safe; try again, and tell the operator if "
        "it happens twice."
    ),
    "lost": _(
        "The job was started several times, and each time its worker went away. Your data is safe; "
        "try again, and tell the operator if it happens twice."
    ),
}
"""How a job ended that could not say so itself, by its status."""
