"""What a finished job wants people to know: the evidence, and what to do."""

from django.utils.translation import gettext_lazy as _

from .names import Words

CAUTIONS: dict[str, Words] = {
    "leakage": _(
        "The column “%(column)s” alone almost gives the answer away (%(score)s of 1). If it is "
        "only known after the outcome, the score is an illusion: leave the column out and train "
        "again."
    ),
    "no_skill": _(
        "No model beats the baseline for certain on %(metric)s. That is a result too: with what "
        "this table holds, no model does better than the simplest way. Look for data that is known "
        "earlier and closer to the cause."
    ),
    "optimistic_validation": _(
        "The final test (%(test)s) is clearly worse than validation (%(validation)s). Trust the "
        "test, and expect no more than it in use."
    ),
    "group_divided": _(
        "“%(column)s” has too few different values (%(groups)s), or one class has, for each to "
        "stand on one side of the split, so rows were drawn one by one. For values not seen "
        "before, expect less than this score; collect rows of more of them."
    ),
    "group_by_time": _(
        "The rows are a history, so the latest ones test the model, and rows of one “%(column)s” "
        "may stand before and after. The score holds for those known already, not for new ones."
    ),
    "group_likely": _(
        "Rows share the %(groups)s values of “%(column)s”. If those of one value are of one "
        "customer, patient or machine, name this column as what rows belong to and train again: "
        "the score may be too good for new ones."
    ),
    "group_found": _(
        "Rows of one “%(column)s” are alike, so each of the %(groups)s stands on one side of the "
        "split only, and the column itself is not learnt from: the score holds for new ones. If "
        "the model will meet only those known already, train on a table without this column."
    ),
    "known_afterwards": _(
        "Whether “%(column)s” is filled in almost gives the answer away (%(score)s of 1): it seems "
        "to be written down after the outcome. Leave the column out and train again."
    ),
    "repeated_across_split": _(
        "%(count)s of the rows that test the model (%(percent)s %%) stand among the rows it "
        "learnt from, target and all, so the score is too good. Remove the copies and train again."
    ),
    "drift": _(
        "The rows change with time: by %(columns)s, the later half of “%(column)s” can be told "
        "from the earlier (ROC AUC %(score)s). Expect less on tomorrow's rows; train on recent "
        "ones and check again later."
    ),
    "target_drift": _(
        "The target itself moves with “%(column)s”: on average %(before)s in the earlier half and "
        "%(after)s in the later. A model of the past will be off; train on recent rows."
    ),
    "unequal_groups": _(
        "The model treats groups of “%(column)s” unequally: how often it is right about a yes or "
        "a no differs by up to %(odds)s of 1, how often it says yes by up to %(rate)s. Look at the "
        "groups before anyone is decided about, and collect more rows of the group it serves "
        "worst."
    ),
    "overfitting": _(
        "On the rows it learnt from the model scores %(train)s, on others only %(validation)s: it "
        "learnt much of them by heart. More rows help most; fewer columns help too."
    ),
    "underfitting": _(
        "Even on the rows it learnt from the model reaches only %(train)s: these columns say "
        "little about the target, or the time was too short. Add columns closer to the cause, or "
        "give the run more seconds."
    ),
    "miscalibrated": _(
        "Do not take its probabilities at their word: where it says about %(said)s %%, "
        "%(happened)s %% happened. The order of the rows is still right; choose thresholds by "
        "what errors cost."
    ),
    "rule_would_do": _(
        "A simple rule on “%(column)s” alone (%(steps)s) reaches %(score)s, which cannot be told "
        "from the best model's %(best)s. Begin with the rule: it costs nothing to run."
    ),
    "popularity_bias": _(
        "The %(items)s most popular items fill %(percent)s %% of the lists, though they are only "
        "%(taken)s %% of what people take. Shown again and again, they grow still more popular: "
        "keep some places of each list for less known items, and watch what share of all items "
        "is ever shown."
    ),
    "few_rows": _(
        "With %(rows)s rows every number here is rough. See the interval before the score, and "
        "collect more rows."
    ),
    "few_cycles": _(
        "The data covers only %(cycles)s seasons of %(period)s steps. What repeats every season "
        "can hardly be told from chance; add earlier values if there are any."
    ),
    "gaps_filled": _(
        "%(count)s missing values (%(percent)s %%) were filled with a straight line between "
        "their neighbours, in: %(series)s. If a missing row means nothing sold, write a 0 there."
    ),
    "short_series": _(
        "%(count)s series have fewer than %(needed)s values (%(series)s), too few to be checked: "
        "no score covers them. They are forecast all the same; those with fewer than %(least)s "
        "values stay at their last one."
    ),
    "level_shift": _(
        "%(count)s series jump to another level once (%(series)s). What came before the jump may "
        "no longer hold; ask what happened, and leave the older part out if it will not return."
    ),
    "intermittent_demand": _(
        "%(count)s series are mostly 0 (%(series)s). Errors in percent mean little there: judge "
        "by WAPE, or forecast longer steps such as weeks."
    ),
    "time_missing_rows": _("Rows left out for lack of a time in “%(column)s”: %(count)s."),
    "no_clusters": _(
        "No clusters were found that chance would not make: the silhouette is %(score)s, and "
        "%(shuffled)s with every column shuffled; two halves of the rows agree on the clusters by "
        "%(stability)s of 1. They are drawn by the method, not found in the data: do not give them "
        "names or budgets."
    ),
    "date_columns": _(
        "Columns of dates were left out, for rows are not alike because they are of one time: "
        "%(columns)s."
    ),
    "many_dimensions": _(
        "HDBSCAN was kept on %(columns)s coordinates. Above about ten all rows lie about equally "
        "far apart, and density says little; compare with k-means on fewer columns."
    ),
    "no_truth": _(
        "Without labels nobody can say how many alerts are right, so no score is given; figures "
        "only say how steady a detector’s order of the rows is. %(learners)s was kept, which is "
        "best most often elsewhere. Note beside the strangest rows which really are, and train "
        "again with that column."
    ),
    "common_anomalies": _(
        "%(percent)s %% of the labelled rows are “%(label)s”. That is a second group rather than "
        "an exception, and detectors miss such groups; train a classification instead."
    ),
    "many_labels": _(
        "%(count)s anomalies are labelled. That is enough to learn from: classification with "
        "this column as its target usually finds more of them."
    ),
    "few_users": _(
        "Only %(users)s users could be judged, so every score here is rough. See the interval "
        "before the score, and collect more users."
    ),
    "cold_start": _(
        "%(count)s of the users to recommend to (%(percent)s %%) were never seen in training. "
        "They get the most popular items; ask newcomers for a few favourites, and train again "
        "once they have taken something."
    ),
    "users_untested": _(
        "Users who took a single item: %(count)s (%(percent)s %%). They taught, but nothing of "
        "theirs could be kept aside, so no score covers them."
    ),
    "users_sampled": _(
        "To keep the time budget, %(users)s of %(total)s users were drawn at random to learn "
        "from. Everybody can still be recommended to; give the run more seconds to learn from "
        "more."
    ),
    "series_sampled": _(
        "To keep the time budget, models were compared and tested on %(series)s of %(total)s "
        "series, drawn at random. The best one forecasts all of them; give the run more seconds "
        "to compare on more."
    ),
    "interactions_incomplete": _("Rows left out for lack of a user, an item or a time: %(count)s."),
    "interactions_repeated": _(
        "%(count)s rows (%(percent)s %%) repeat a pair of user and item. Each pair counts once, "
        "from its first time on: lists hold only what somebody has not taken yet."
    ),
    "imbalance": _(
        "“%(label)s” is rare: %(percent)s %% of the rows. A model that never says it looks "
        "right almost always, so judge by precision and recall, and choose the threshold by "
        "what each error costs."
    ),
    "rare_classes": _(
        "Some classes have too few rows to be checked (%(labels)s). They are learnt from, but "
        "no score covers them; merge them or add rows."
    ),
    "duplicate_rows": _(
        "Rows that repeat another row exactly: %(count)s (%(percent)s %%). Copies on both sides of "
        "the split make scores look better; remove them unless they are real."
    ),
    "query_missing_rows": _(
        "Rows left out because they belong to no list, for lack of a value in “%(column)s”: "
        "%(count)s."
    ),
    "relevance_graded": _(
        "“%(column)s” has too many different values to be learnt one by one: they were put into "
        "%(grades)s grades from low to high."
    ),
    "target_missing_rows": _(
        "Rows left out of training, since their target is not known: %(count)s."
    ),
    "high_missing": _(
        "More than half of the values are missing in: %(columns)s. They were used as they are; "
        "ask why they are blank before relying on them."
    ),
    "infinite_values": _(
        "%(count)s values in “%(column)s” are too large to be numbers and count as missing. "
        "Check the export."
    ),
    "unreadable_numbers": _(
        "%(count)s values in the number column “%(column)s” could not be read (%(examples)s) "
        "and count as missing."
    ),
    "date_order_guessed": _(
        "In “%(column)s” it is not clear whether the day or the month comes first; month first "
        "was assumed. Write dates as 2026-01-31 to be sure."
    ),
    "identifier_columns": _(
        "Keys that differ in every row were left out, since they teach nothing about new rows: "
        "%(columns)s."
    ),
    "text_columns": _("Columns of free text were left out by this task type: %(columns)s."),
    "only_text_read": _(
        "Only the texts in “%(column)s” were learnt from; this task type leaves the other columns "
        "out: %(columns)s."
    ),
    "constant_columns": _("Columns with the same value everywhere were left out: %(columns)s."),
    "duplicate_columns": _(
        "Columns that repeat another one cell by cell: %(columns)s. Each counts once."
    ),
    "levels_capped": _(
        "These columns have very many different values; only the %(limit)s most frequent are "
        "told apart: %(columns)s."
    ),
    "duplicate_headers": _("Column names that appear twice were renamed: %(names)s."),
    "empty_headers": _("Columns without a name were named by their place: %(names)s."),
    "header_looks_like_data": _(
        "The first row looks like data, not like column names (%(names)s). If the file has no "
        "header row, add one and upload it again."
    ),
    "ragged_rows": _(
        "%(count)s rows had more or fewer cells than the header; surplus cells were cut, "
        "missing ones left blank. Check those rows for unquoted delimiters."
    ),
    "lines_skipped": _(
        "Lines above the header row that were taken for a title and skipped: %(count)s."
    ),
    "pictures_unreadable": _("Pictures that could not be read and were left out: %(count)s."),
    "nul_bytes": _("%(count)s unreadable NUL characters were removed from the file."),
    "encoding_guessed": _(
        "The file does not say how its characters are written; %(encoding)s was assumed. If "
        "letters look wrong, save it as UTF-8."
    ),
    "other_sheets": _("Only the sheet “%(sheet)s” was read; not read: %(others)s."),
    "nested_columns": _("Columns that hold lists or structures were left out: %(columns)s."),
    "new_levels": _(
        "The table to predict holds values that training never saw, in: %(columns)s. They count "
        "as unknown; those predictions are less certain."
    ),
    "rows_sampled": _(
        "The table is longer than the time allows, so the models learnt from %(rows)s of its "
        "%(whole)s rows, drawn at random. Give the run more seconds to use more of them."
    ),
    "rows_unanswered": _(
        "%(count)s rows that were not drawn have no answer yet; their lines are blank. Give the "
        "model the whole file to answer, or the run more seconds."
    ),
    "stopped_early": _(
        "The run was stopped early, and the best so far was kept. Models not trained: %(count)s "
        "(%(learners)s). Train again with the full time to compare them too."
    ),
    "stopped_late": _(
        "The run was stopped early, and the best so far was kept. Every model had its turn; the "
        "last one perhaps not to the end."
    ),
    "time_short": _(
        "The time budget ended before these models were trained: %(learners)s. Give the run "
        "more seconds to compare them."
    ),
    "cpu_instead": _(
        "A GPU was there, but the run went on the CPU because %(because)s. The result is right; "
        "networks learnt less in the same time. Tell whoever runs the workers."
    ),
    "charts_skipped": _(
        "The time budget ended before all charts could be drawn. All numbers are there; give the "
        "run more seconds for the rest."
    ),
}
