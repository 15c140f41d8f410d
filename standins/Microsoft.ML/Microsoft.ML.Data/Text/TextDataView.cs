using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The lines of text files, read anew by every cursor.</summary>
internal sealed class TextDataView(IHost host, TextLoader loader, IMultiStreamSource source) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema => loader.Schema;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(host, loader, source, ActiveColumns.Of(columnsNeeded, Schema));

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : RootCursorBase
    {
        private readonly TextLoader _loader;
        private readonly TextPipe[] _pipes;
        private readonly List<ReadOnlyMemory<char>> _fields = [];
        private readonly IEnumerator<(long Number, string Text)> _lines;

        public Cursor(IHost host, TextLoader loader, IMultiStreamSource source, bool[] active) : base(host)
        {
            _loader = loader;
            _pipes = [.. loader.Fields.Select((field, i) => active[i] ? field.CreatePipe(loader.Format.Numbers) : null)];
            _lines = Lines(source, loader.Format).GetEnumerator();
        }

        public override long Batch => 0;

        public override DataViewSchema Schema => _loader.Schema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
        {
            Ch.Check(IsGood, Getters.FetchValueStateError);
            id = new((ulong)Position, 0);
        };

        public override bool IsColumnActive(DataViewSchema.Column column) => _pipes[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.CheckParam(column.Index < _pipes.Length && IsColumnActive(column), nameof(column), "requested column not active.");
            return _pipes[column.Index].Getter as ValueGetter<TValue> ?? throw Ch.Except($"Invalid TValue in GetGetter: '{typeof(TValue)}'");
        }

        protected override bool MoveNextCore()
        {
            if (!_lines.MoveNext())
                return false;
            _loader.Format.Split(_lines.Current.Text, _fields);
            foreach (var pipe in _pipes)
                pipe?.Read(_fields, _lines.Current.Number, Ch);
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _lines.Dispose();
            base.Dispose(disposing);
        }

        // Empty lines and comments are passed over; the header is the first line that is neither.
        private static IEnumerable<(long Number, string Text)> Lines(IMultiStreamSource source, TextFormat format)
        {
            long left = format.MaxRows;
            for (int file = 0; file < source.Count && left > 0; file++)
            {
                using var reader = source.OpenTextReader(file);
                bool begun = false;
                long number = 0;
                while (left > 0 && reader.ReadLine() is { } text)
                {
                    number++;
                    if (text.Length == 0 || text.StartsWith("//", StringComparison.Ordinal) || (!begun && text[0] == '#'))
                        continue;
                    bool isHeader = !begun && format.HasHeader;
                    begun = true;
                    if (isHeader)
                        continue;
                    left--;
                    yield return (number, text);
                }
            }
        }
    }
}
