using System.Numerics;
using Microsoft.ML.StateSpace.Data.Import;

namespace Microsoft.ML.StateSpace.Data.Pickles;

/// <summary>Piano-rolls of a Python pickle: <c>{"train": [[(60, 64), (), …], …], "valid": …, "test": …}</c>, notes as MIDI pitches.</summary>
internal sealed class PianoRollPickle
{
    private readonly string _path;
    private readonly PianoKeys _keys;
    private readonly long _most;
    private long _seen;

    private PianoRollPickle(string path, PianoKeys keys, object? root, long bytes)
    {
        (_path, _keys, Root) = (path, keys, root);

        // A file may refer to one list from many places; what that adds up to is held against what it could say outright.
        _most = 4 * bytes + (1 << 16);
    }

    private object? Root { get; }

    /// <summary>The splits that the file has, in its order; empty where it is one list of sequences.</summary>
    public IReadOnlyList<string> Splits => Root is PickleDictionary splits
        ? [.. splits.Pairs.Where(pair => pair.Value is PickleItems).Select(pair => NameOf(pair.Key)).OfType<string>().Distinct()]
        : [];

    /// <summary>Opens a pickle.</summary>
    /// <exception cref="DataFileException">It cannot be read, or holds neither splits nor sequences.</exception>
    public static PianoRollPickle Open(string path, PianoKeys keys)
    {
        byte[] bytes = BoundedFile.Read(path, PickleReader.MostBytes);
        object? root = PickleReader.Read(path, bytes);
        var rolls = new PianoRollPickle(path, keys, root, bytes.Length);
        return root is PickleItems || rolls.Splits.Count > 0
            ? rolls
            : throw new DataFileException(path, $"it holds {Describe(root)}, a dictionary of splits or a list of sequences is expected");
    }

    /// <summary>Reads the sequences of a split (null: of a file that is one list), each T·keys numbers, 1 where a key sounds.</summary>
    /// <exception cref="DataFileException">There is no such split, or something in it is no sequence of steps of notes; names the place.</exception>
    public IEnumerable<float[]> Read(string? split)
    {
        List<object?> sequences = Find(split);
        for (int n = 0; n < sequences.Count; n++)
        {
            yield return Roll(split, n, sequences[n]);
        }
    }

    private static string? NameOf(object? key) => key switch
    {
        string text => text,
        byte[] bytes => System.Text.Encoding.Latin1.GetString(bytes),
        _ => null,
    };

    private List<object?> Find(string? split)
    {
        // As in Python the last one of two equal keys counts.
        object? found = split is null
            ? Root
            : (Root as PickleDictionary)?.Pairs.LastOrDefault(pair => NameOf(pair.Key) == split).Value;
        return found is PickleItems sequences
            ? sequences.Items
            : throw new DataFileException(_path, $"there is no list of that name; it has {(Splits.Count > 0 ? string.Join(", ", Splits) : "no splits")}", column: split);
    }

    private float[] Roll(string? split, int row, object? sequence)
    {
        if (sequence is not PickleItems steps || steps.Items.Count == 0)
        {
            throw new DataFileException(_path, $"{Describe(sequence)} is no sequence; a list of one or more steps is expected", row, split);
        }

        Count(steps.Items.Count, row, split);
        if ((long)steps.Items.Count * _keys.Count > Array.MaxLength)
        {
            throw new DataFileException(_path, $"it has {steps.Items.Count} steps, too many for one sequence; split it", row, split);
        }

        var roll = new float[steps.Items.Count * _keys.Count];
        for (int t = 0; t < steps.Items.Count; t++)
        {
            if (steps.Items[t] is not PickleItems notes)
            {
                throw new DataFileException(_path, $"{Describe(steps.Items[t])} is no step; a tuple of notes is expected", row, split, t);
            }

            Count(notes.Items.Count, row, split);
            foreach (object? note in notes.Items)
            {
                roll[t * _keys.Count + Key(note, row, split, t)] = 1;
            }
        }

        return roll;
    }

    private void Count(int items, int row, string? split)
    {
        _seen += items;
        if (_seen > _most)
        {
            throw new DataFileException(_path, "it refers to the same lists over and over, beyond any use; save plain lists", row, split);
        }
    }

    private int Key(object? note, int row, string? split, int step)
    {
        long? pitch = note switch { long whole => whole, double number when number == Math.Floor(number) && Math.Abs(number) < 1e9 => (long)number, _ => null };
        return pitch is { } value && _keys.IndexOf(value) is { } key
            ? key
            : throw new DataFileException(_path, $"{Describe(note)} is no note from {_keys.LowestPitch} to {_keys.HighestPitch}", row, split, step);
    }

    private static string Describe(object? value) => value switch
    {
        null => "None",
        PickleItems items => $"a {items.Kind} of {items.Items.Count} values",
        PickleDictionary pairs => $"a dictionary of {pairs.Pairs.Count} pairs",
        string text => $"the text '{(text.Length > 40 ? text[..40] + "…" : text)}'",
        byte[] bytes => $"{bytes.Length} bytes",
        BigInteger => "a very large number",
        var number => FormattableString.Invariant($"{number}"),
    };
}
