namespace Microsoft.ML.StateSpace.Data;

/// <summary>Puts a column chunk together: values and nulls in their rows, nested lists end to end.</summary>
internal sealed class ParquetAssembler<T>(ParquetColumn<T> column, ParquetGroup group, ParquetLevels<T> levels) where T : struct
{
    private readonly int _valueLevel = column.Field.MaxDefinitionLevel;
    private int _nextValue;

    /// <summary>A value per row.</summary>
    public T[] Flat()
    {
        if (levels.Present == levels.Values.Length)
        {
            return levels.Values;
        }

        var values = new T[group.RowCount];
        for (int row = 0; row < values.Length; row++)
        {
            values[row] = Next(levels.Definition[row], row, null);
        }

        return values;
    }

    /// <summary>The values of all rows end to end, and where each row's end.</summary>
    public (T[] Values, int[] Ends) Lists()
    {
        ReadOnlySpan<int> repetition = levels.Repetition, definition = levels.Definition;
        int innermost = column.ListLevels[^1];
        var ends = new int[group.RowCount];
        int elements = CountFrom(definition, innermost);

        // Where no element is null the values already stand end to end.
        T[] values = elements == levels.Present ? levels.Values : new T[elements];
        int count = 0;
        int i = 0;
        for (int row = 0; row < ends.Length; row++)
        {
            Check(i < repetition.Length && repetition[i] == 0);
            int rowStart = count;
            var shape = new StepShape(column.ListLevels.Length == 2);
            do
            {
                shape.Begin(this, row, repetition[i], definition[i] >= column.ListLevels[0], count - rowStart);
                if (definition[i] >= innermost)
                {
                    values[count] = Next(definition[i], row, count - rowStart);
                    count++;
                }
                else
                {
                    // Nothing can follow inside a list that has no element.
                    int deepest = definition[i] >= column.ListLevels[0] ? column.ListLevels.Length - 1 : 0;
                    Check(i + 1 == repetition.Length || repetition[i + 1] <= deepest);
                }

                i++;
            }
            while (i < repetition.Length && repetition[i] > 0);
            shape.End(this, row, count - rowStart);
            ends[row] = count;
        }

        Check(i == repetition.Length);
        return (values, ends);
    }

    private static int CountFrom(ReadOnlySpan<int> levels, int least)
    {
        int count = 0;
        foreach (int level in levels)
        {
            count += level >= least ? 1 : 0;
        }

        return count;
    }

    private T Next(int definition, int row, int? element)
    {
        if (definition == _valueLevel)
        {
            return levels.Values[_nextValue++];
        }

        return column.Missing
            ?? throw Fault(row, element, $"the value is missing, and {typeof(T).Name} has nothing to stand for that; store the column as float or double");
    }

    private void Check(bool consistent)
    {
        if (!consistent)
        {
            throw new DataFileException(group.FileName, "its list lengths are corrupt; write it again", column: column.Name);
        }
    }

    private DataFileException Fault(int row, int? step, string fault) =>
        new(group.FileName, fault, group.FirstRow + row, column.Name, step);

    /// <summary>Watches that the inner lists of a row, its steps, have one length.</summary>
    private struct StepShape(bool nested)
    {
        private int _steps;
        private int _stepStart;
        private int _size = -1;

        public void Begin(ParquetAssembler<T> owner, int row, int repetition, bool hasStep, int count)
        {
            if (!nested || repetition > 1 || !hasStep)
            {
                return;
            }

            if (_steps > 0)
            {
                Close(owner, row, count);
            }

            _steps++;
            _stepStart = count;
        }

        public void End(ParquetAssembler<T> owner, int row, int count)
        {
            if (nested && _steps > 0)
            {
                Close(owner, row, count);
            }
        }

        private void Close(ParquetAssembler<T> owner, int row, int count)
        {
            int size = count - _stepStart;
            _size = _steps == 1 ? size : _size;
            if (size != _size)
            {
                throw owner.Fault(row, _steps - 1, $"the step has {size} values where the row's first has {_size}; give every step the same number");
            }
        }
    }
}
