using System.Globalization;
using System.Numerics;
using System.Text;
using Microsoft.ML.StateSpace.Data.Import;

namespace Microsoft.ML.StateSpace.Data.Pickles;

/// <summary>
/// Reads the data of a Python pickle, protocols 0 to 5: None, booleans, numbers, text, bytes, lists, tuples, sets and
/// dictionaries. An opcode that names, calls or builds anything else is refused by its name, so that nothing is ever executed.
/// </summary>
/// <remarks>
/// Values are null, <see cref="bool"/>, <see cref="long"/>, <see cref="BigInteger"/>, <see cref="double"/>, <see cref="string"/>,
/// <see cref="byte"/>[], <see cref="PickleItems"/> and <see cref="PickleDictionary"/>. Every opcode takes a byte at least and makes
/// one value at most, without recursion: time and memory grow with the file's size alone.
/// </remarks>
internal sealed partial class PickleReader
{
    /// <summary>The most bytes of a pickle.</summary>
    public const int MostBytes = 1 << 26;

    // An empty list is one byte of the file and a hundred of memory.
    private const int MostContainers = 1 << 24;

    // Numbers of more digits are no data that anybody wants here, and take quadratic time.
    private const int MostDigits = 1000;
    private const int MostIntegerBytes = 400;
    private readonly string _file;
    private readonly byte[] _bytes;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;
    private int _opcodeAt;
    private int _containers;

    private PickleReader(string file, byte[] bytes) => (_file, _bytes) = (file, bytes);

    /// <summary>Reads a file's value.</summary>
    /// <exception cref="DataFileException">It is missing, too large, no pickle, damaged, or holds more than data; names the byte.</exception>
    public static object? Read(string path) => Read(path, BoundedFile.Read(path, MostBytes));

    /// <summary>Reads the value of bytes that came from a file.</summary>
    /// <exception cref="DataFileException">They are no pickle, damaged, or hold more than data; names the byte.</exception>
    public static object? Read(string path, byte[] bytes)
    {
        var reader = new PickleReader(path, bytes);
        while (reader.Step())
        {
        }

        return reader._marks.Count == 0 ? reader.Pop() : throw reader.Damaged();
    }

    /// <summary>Executes an opcode; false after the last.</summary>
    private bool Step()
    {
        _opcodeAt = _at;
        byte code = Byte();
        if (code == '.')
        {
            return false;
        }

        if (Refused.TryGetValue(code, out string? name))
        {
            throw Fault($"the opcode {name} asks for more than data, which is not read; save plain lists of tuples of numbers");
        }

        (Actions[code] ?? throw Fault($"there is no opcode 0x{code:x2}; it is no pickle, or damaged"))(this);
        return true;
    }

    private DataFileException Fault(string fault) => new(_file, $"byte {_opcodeAt}: {fault}");

    private DataFileException Damaged() => Fault("the pickle is damaged; save or fetch it again");

    private byte Byte() => _at < _bytes.Length ? _bytes[_at++] : throw Fault("it ends in the middle of a pickle; save or fetch it again");

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _at))
        {
            throw Fault("it ends in the middle of a pickle; save or fetch it again");
        }

        ReadOnlySpan<byte> taken = _bytes.AsSpan(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    /// <summary>A little-endian number that is not negative.</summary>
    private ulong Unsigned(int bytes)
    {
        ulong value = 0;
        ReadOnlySpan<byte> taken = Take((ulong)bytes);
        for (int i = bytes - 1; i >= 0; i--)
        {
            value = value << 8 | taken[i];
        }

        return value;
    }

    private ReadOnlySpan<byte> Line()
    {
        int length = _bytes.AsSpan(_at).IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = length < 0 ? throw Damaged() : Take((ulong)length);
        _at++;
        return line.Length > 0 && line[^1] == '\r' ? line[..^1] : line;
    }

    private void Push(object? value) => _stack.Add(value);

    private void PushContainer(object container)
    {
        if (++_containers > MostContainers)
        {
            throw Fault($"it has more than {MostContainers} lists; split it");
        }

        Push(container);
    }

    private object? Pop()
    {
        // What lies below the last mark is not at hand.
        if (_stack.Count <= (_marks.Count > 0 ? _marks[^1] : 0))
        {
            throw Damaged();
        }

        object? value = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private T Top<T>() where T : class => _stack.Count > 0 && _stack[^1] is T top ? top : throw Damaged();

    private List<object?> PopToMark()
    {
        int mark = _marks.Count > 0 ? _marks[^1] : throw Damaged();
        _marks.RemoveAt(_marks.Count - 1);
        List<object?> items = _stack.GetRange(mark, _stack.Count - mark);
        _stack.RemoveRange(mark, items.Count);
        return items;
    }

    private List<object?> Pop(int count)
    {
        var items = new object?[count];
        for (int i = count - 1; i >= 0; i--)
        {
            items[i] = Pop();
        }

        return [.. items];
    }

    private void SetItems(PickleDictionary target, List<object?> items)
    {
        if (items.Count % 2 != 0)
        {
            throw Damaged();
        }

        for (int i = 0; i < items.Count; i += 2)
        {
            target.Pairs.Add((items[i], items[i + 1]));
        }
    }

    private void Put(long index) => _memo[index] = _stack.Count > 0 ? _stack[^1] : throw Damaged();

    private void Get(long index) => Push(_memo.TryGetValue(index, out object? value) ? value : throw Fault($"memo {index} was never set; it is damaged"));

    private long Index() => long.TryParse(Line(), NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : throw Damaged();

    /// <summary>The number of a text line; protocol 0 writes booleans as 00 and 01.</summary>
    private object TextInteger(bool mayBeBoolean)
    {
        ReadOnlySpan<byte> line = Line();
        if (mayBeBoolean && line is [(byte)'0', (byte)'0' or (byte)'1'])
        {
            return line[1] == '1';
        }

        ReadOnlySpan<byte> digits = line.Length > 0 && line[^1] == 'L' ? line[..^1] : line;
        if (digits.Length > MostDigits || !BigInteger.TryParse(Encoding.Latin1.GetString(digits), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger value))
        {
            throw Fault($"a number of {digits.Length} characters is no integer that is read");
        }

        return Narrow(value);
    }

    private object BinaryInteger(ulong bytes)
    {
        if (bytes > MostIntegerBytes)
        {
            throw Fault($"an integer of {bytes} bytes is not read");
        }

        return Narrow(new BigInteger(Take(bytes)));
    }

    private static object Narrow(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    private object TextFloat() =>
        double.TryParse(Line(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw Damaged();
}
