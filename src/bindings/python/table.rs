//! Rows as Arrow has them, in batches that several threads make.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use arrow_array::{
    Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader,
    builder::{
        BooleanBuilder, LargeStringBuilder, ListBuilder, StringBuilder, TimestampNanosecondBuilder,
        UInt8Builder, UInt64Builder,
    },
    cast::AsArray,
    ffi_stream::FFI_ArrowArrayStream,
    types::{TimestampNanosecondType, UInt8Type, UInt64Type},
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use mediafold_core::{Asset, Lifecycle, Snapshot, Timestamp, fast::Rows};
use pyo3::{
    exceptions::PyIndexError,
    prelude::*,
    types::{PyCapsule, PyDict, PyList},
};

/// Rows of a batch.
const ROWS: usize = 16 << 10;
const ZONE: &str = "UTC";

/// Which columns there are beside those that are always there.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) data: bool,
    pub(super) saved: bool,
}

/// Rows in their order.
pub(super) struct Batches {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Batches {
    /// None.
    pub(super) fn new(wanted: Wanted) -> Self {
        Self { schema: schema(wanted), batches: Vec::new() }
    }

    /// Those that were folded, made by this many threads.
    pub(super) fn of_rows(rows: &Rows<'_>, wanted: Wanted, threads: usize) -> Self {
        let schema = schema(wanted);
        let cuts = rows.cuts(ROWS);
        let made: Mutex<Vec<(usize, RecordBatch)>> = Mutex::default();
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(cut) = cuts.get(at) else { return };
                let mut columns = Columns::new(wanted);
                let Ok(()) = rows.rows(cut, wanted.data, |row| {
                    columns.add(&row, None);
                    Ok::<(), std::convert::Infallible>(())
                });
                let batch = columns.finish(&schema);
                made.lock().unwrap_or_else(PoisonError::into_inner).push((at, batch));
            }
        };
        std::thread::scope(|scope| {
            (1..threads.min(cuts.len())).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        made.sort_unstable_by_key(|(at, _)| *at);
        let batches = made.into_iter().map(|(_, batch)| batch);
        Self { schema, batches: batches.filter(|batch| batch.num_rows() > 0).collect() }
    }

    /// Those of assets; `each` adds the row of one, and the asset as text.
    pub(super) fn of_assets(
        assets: &[(&Lifecycle, Asset)],
        wanted: Wanted,
        each: impl Fn(&(&Lifecycle, Asset), &mut dyn FnMut(&Snapshot<'_>, Option<&str>)),
    ) -> Self {
        let schema = schema(wanted);
        let batch = |assets: &[(&Lifecycle, Asset)]| {
            let mut columns = Columns::new(wanted);
            assets.iter().for_each(|pair| each(pair, &mut |row, saved| columns.add(row, saved)));
            columns.finish(&schema)
        };
        let batches = assets.chunks(ROWS).map(batch).collect();
        Self { schema, batches }
    }
}

fn schema(wanted: Wanted) -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Nanosecond, Some(ZONE.into()));
    let flag = Arc::new(Field::new("item", DataType::Utf8, false));
    let mut fields = vec![
        Field::new("entity", DataType::Utf8, false),
        // Texts of strangers may be long.
        Field::new("id", DataType::LargeUtf8, false),
        Field::new("state", DataType::Utf8, false),
        Field::new("status", DataType::LargeUtf8, true),
        Field::new("since", time, true),
        Field::new("rest", DataType::Boolean, false),
        Field::new("end", DataType::Boolean, false),
        Field::new("events", DataType::UInt64, false),
        Field::new("duplicates", DataType::UInt64, false),
        Field::new("late", DataType::UInt64, false),
        Field::new("flags", DataType::List(flag), false),
        Field::new("retries", DataType::UInt8, false),
        Field::new("parent_entity", DataType::Utf8, true),
        Field::new("parent_id", DataType::LargeUtf8, true),
        Field::new("errors", DataType::UInt64, false),
        Field::new("warnings", DataType::UInt64, false),
        Field::new("infos", DataType::UInt64, false),
    ];
    for (name, is_wanted) in [("data", wanted.data), ("fold", wanted.saved)] {
        if is_wanted {
            fields.push(Field::new(name, DataType::LargeUtf8, false));
        }
    }
    Arc::new(Schema::new(fields))
}

/// Columns that are being made, in the order of the schema.
struct Columns {
    entity: StringBuilder,
    id: LargeStringBuilder,
    state: StringBuilder,
    status: LargeStringBuilder,
    since: TimestampNanosecondBuilder,
    marks: [BooleanBuilder; 2],
    counts: [UInt64Builder; 3],
    flags: ListBuilder<StringBuilder>,
    retries: UInt8Builder,
    parent_entity: StringBuilder,
    parent_id: LargeStringBuilder,
    findings: [UInt64Builder; 3],
    data: Option<LargeStringBuilder>,
    saved: Option<LargeStringBuilder>,
    text: Vec<u8>,
}

impl Columns {
    fn new(wanted: Wanted) -> Self {
        let flag = Field::new("item", DataType::Utf8, false);
        Self {
            entity: StringBuilder::new(),
            id: LargeStringBuilder::new(),
            state: StringBuilder::new(),
            status: LargeStringBuilder::new(),
            since: TimestampNanosecondBuilder::new().with_timezone(ZONE),
            marks: Default::default(),
            counts: Default::default(),
            flags: ListBuilder::new(StringBuilder::new()).with_field(flag),
            retries: UInt8Builder::new(),
            parent_entity: StringBuilder::new(),
            parent_id: LargeStringBuilder::new(),
            findings: Default::default(),
            data: wanted.data.then(LargeStringBuilder::new),
            saved: wanted.saved.then(LargeStringBuilder::new),
            text: Vec::new(),
        }
    }

    fn add(&mut self, row: &Snapshot<'_>, saved: Option<&str>) {
        self.entity.append_value(row.entity);
        self.id.append_value(row.id);
        self.state.append_value(row.state);
        self.status.append_option(row.status);
        self.since.append_option(row.since.map(Timestamp::as_nanos));
        for (column, is) in self.marks.iter_mut().zip([row.rest, row.end]) {
            column.append_value(is);
        }
        for (column, count) in self.counts.iter_mut().zip([row.events, row.duplicates, row.late]) {
            column.append_value(count);
        }
        row.flags.iter().for_each(|flag| self.flags.values().append_value(flag));
        self.flags.append(true);
        self.retries.append_value(row.retries);
        self.parent_entity.append_option(row.parent.as_ref().map(|parent| parent.entity));
        self.parent_id.append_option(row.parent.as_ref().map(|parent| parent.id));
        let counts = [row.findings.error, row.findings.warning, row.findings.info];
        for (column, count) in self.findings.iter_mut().zip(counts) {
            column.append_value(count);
        }
        if let Some(column) = &mut self.data {
            self.text.clear();
            write_data(row, &mut self.text);
            column.append_value(std::str::from_utf8(&self.text).unwrap_or("{}"));
        }
        if let Some(column) = &mut self.saved {
            column.append_value(saved.unwrap_or_default());
        }
    }

    fn finish(mut self, schema: &SchemaRef) -> RecordBatch {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.entity.finish()),
            Arc::new(self.id.finish()),
            Arc::new(self.state.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.since.finish()),
        ];
        columns.extend(self.marks.iter_mut().map(|it| Arc::new(it.finish()) as ArrayRef));
        columns.extend(self.counts.iter_mut().map(|it| Arc::new(it.finish()) as ArrayRef));
        columns.push(Arc::new(self.flags.finish()));
        columns.push(Arc::new(self.retries.finish()));
        columns.push(Arc::new(self.parent_entity.finish()));
        columns.push(Arc::new(self.parent_id.finish()));
        columns.extend(self.findings.iter_mut().map(|it| Arc::new(it.finish()) as ArrayRef));
        for mut column in [self.data, self.saved].into_iter().flatten() {
            columns.push(Arc::new(column.finish()));
        }
        RecordBatch::try_new(Arc::clone(schema), columns).expect("they are those of the schema")
    }
}

/// The last known values, as JSON.
fn write_data(row: &Snapshot<'_>, text: &mut Vec<u8>) {
    text.push(b'{');
    for (at, (name, value)) in row.data.iter().flatten().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        // Memory can be written, and a text always is.
        let _ = serde_json::to_writer(&mut *text, name);
        text.push(b':');
        text.extend_from_slice(value.as_bytes());
    }
    text.push(b'}');
}

/// Folded rows.
#[pyclass(frozen, module = "mediafold._native")]
pub(super) struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// What is to be said of them, as JSON.
    #[pyo3(get)]
    about: String,
}

impl Table {
    pub(super) fn new(Batches { schema, batches }: Batches, about: String) -> Self {
        Self { schema, batches, about }
    }
}

#[pymethods]
impl Table {
    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    #[getter]
    fn batches(&self) -> usize {
        self.batches.len()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // What is asked for there is a wish, and these are the types that the rows have.
        let _ = requested_schema;
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        let reader = RecordBatchIterator::new(batches, Arc::clone(&self.schema));
        let reader: Box<dyn RecordBatchReader + Send> = Box::new(reader);
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), c"arrow_array_stream")
    }

    /// The rows of a batch as dicts, their data as text.
    fn rows<'py>(&self, py: Python<'py>, batch: usize) -> PyResult<Bound<'py, PyList>> {
        let batch = self.batches.get(batch);
        let batch = batch.ok_or_else(|| PyIndexError::new_err("there is no such batch"))?;
        let rows = PyList::empty(py);
        for at in 0..batch.num_rows() {
            rows.append(row(py, batch, at)?)?;
        }
        Ok(rows)
    }
}

/// A row as `fold` prints it.
fn row<'py>(py: Python<'py>, batch: &RecordBatch, at: usize) -> PyResult<Bound<'py, PyDict>> {
    let column = |name: &str| batch.column_by_name(name).expect("it is of the schema");
    let word = |name: &str| {
        let array = column(name).as_string::<i32>();
        array.is_valid(at).then(|| array.value(at))
    };
    let text = |name: &str| {
        let array = column(name).as_string::<i64>();
        array.is_valid(at).then(|| array.value(at))
    };
    let count = |name: &str| column(name).as_primitive::<UInt64Type>().value(at);
    let is = |name: &str| column(name).as_boolean().value(at);
    let since = column("since").as_primitive::<TimestampNanosecondType>();
    let since = since.is_valid(at).then(|| Timestamp::from_nanos(since.value(at)).to_string());
    let flags = column("flags").as_list::<i32>().value(at);
    let flags: Vec<Option<&str>> = flags.as_string::<i32>().iter().collect();
    let dict = PyDict::new(py);
    dict.set_item("entity", word("entity"))?;
    dict.set_item("id", text("id"))?;
    dict.set_item("state", word("state"))?;
    dict.set_item("status", text("status"))?;
    dict.set_item("since", since)?;
    dict.set_item("rest", is("rest"))?;
    dict.set_item("end", is("end"))?;
    for name in ["events", "duplicates", "late"] {
        dict.set_item(name, count(name))?;
    }
    dict.set_item("flags", flags)?;
    dict.set_item("retries", column("retries").as_primitive::<UInt8Type>().value(at))?;
    let parent = word("parent_entity").zip(text("parent_id")).map(|(entity, id)| {
        let parent = PyDict::new(py);
        parent.set_item("entity", entity)?;
        parent.set_item("id", id)?;
        PyResult::Ok(parent)
    });
    dict.set_item("parent", parent.transpose()?)?;
    let findings = PyDict::new(py);
    for (name, column) in [("error", "errors"), ("warning", "warnings"), ("info", "infos")] {
        findings.set_item(name, count(column))?;
    }
    dict.set_item("findings", findings)?;
    for name in ["data", "fold"] {
        if batch.column_by_name(name).is_some() {
            dict.set_item(name, text(name))?;
        }
    }
    Ok(dict)
}
