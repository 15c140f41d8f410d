using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;

namespace Microsoft.ML.StateSpace.Data.Pickles;

internal sealed partial class PickleReader
{
    /// <summary>Opcodes that import, call, build or fetch, with the names that Python's pickletools gives them.</summary>
    private static readonly FrozenDictionary<byte, string> Refused = new Dictionary<byte, string>
    {
        [(byte)'c'] = "GLOBAL",
        [0x93] = "STACK_GLOBAL",
        [(byte)'R'] = "REDUCE",
        [(byte)'b'] = "BUILD",
        [(byte)'i'] = "INST",
        [(byte)'o'] = "OBJ",
        [0x81] = "NEWOBJ",
        [0x92] = "NEWOBJ_EX",
        [0x82] = "EXT1",
        [0x83] = "EXT2",
        [0x84] = "EXT4",
        [(byte)'P'] = "PERSID",
        [(byte)'Q'] = "BINPERSID",
        [0x97] = "NEXT_BUFFER",
        [0x98] = "READONLY_BUFFER",
    }.ToFrozenDictionary();

    private static readonly Action<PickleReader>?[] Actions = MakeActions();

    private static Action<PickleReader>?[] MakeActions()
    {
        var actions = new Action<PickleReader>?[256];
        AddFrames(actions);
        AddNumbers(actions);
        AddTexts(actions);
        AddContainers(actions);
        AddMemo(actions);
        return actions;
    }

    // PROTO, FRAME, MARK, POP, POP_MARK, DUP
    private static void AddFrames(Action<PickleReader>?[] actions)
    {
        actions[0x80] = r =>
        {
            byte version = r.Byte();
            if (version > 5)
            {
                throw r.Fault($"protocol {version} is not known; save it with protocol 4 or lower");
            }
        };
        actions[0x95] = r => r.Unsigned(8);
        actions['('] = r => r._marks.Add(r._stack.Count);
        actions['0'] = r => r.PopValueOrMark();
        actions['1'] = r => r.PopToMark();
        actions['2'] = r => r.Push(r._stack.Count > 0 ? r._stack[^1] : throw r.Damaged());
    }

    // NONE, NEWTRUE, NEWFALSE, INT, LONG, BININT, BININT1, BININT2, LONG1, LONG4, FLOAT, BINFLOAT
    private static void AddNumbers(Action<PickleReader>?[] actions)
    {
        actions['N'] = r => r.Push(null);
        actions[0x88] = r => r.Push(true);
        actions[0x89] = r => r.Push(false);
        actions['I'] = r => r.Push(r.TextInteger(mayBeBoolean: true));
        actions['L'] = r => r.Push(r.TextInteger(mayBeBoolean: false));
        actions['J'] = r => r.Push((long)(int)r.Unsigned(4));
        actions['K'] = r => r.Push((long)r.Byte());
        actions['M'] = r => r.Push((long)r.Unsigned(2));
        actions[0x8a] = r => r.Push(r.BinaryInteger(r.Byte()));
        actions[0x8b] = r => r.Push(r.BinaryInteger(r.Unsigned(4)));
        actions['F'] = r => r.Push(r.TextFloat());
        actions['G'] = r => r.Push(BinaryPrimitives.ReadDoubleBigEndian(r.Take(8)));
    }

    // STRING, BINSTRING, SHORT_BINSTRING, UNICODE, BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8.
    // Python 2 has no text apart from bytes: its strings are taken as Latin-1 text.
    private static void AddTexts(Action<PickleReader>?[] actions)
    {
        actions['S'] = r => r.Push(PickleText.Unquote(r.Line()) ?? throw r.Damaged());
        actions['T'] = r => r.Push(Encoding.Latin1.GetString(r.Take(r.Unsigned(4))));
        actions['U'] = r => r.Push(Encoding.Latin1.GetString(r.Take(r.Byte())));
        actions['V'] = r => r.Push(PickleText.RawUnicode(r.Line()));
        actions['X'] = r => r.Push(Encoding.UTF8.GetString(r.Take(r.Unsigned(4))));
        actions[0x8c] = r => r.Push(Encoding.UTF8.GetString(r.Take(r.Byte())));
        actions[0x8d] = r => r.Push(Encoding.UTF8.GetString(r.Take(r.Unsigned(8))));
        actions['B'] = r => r.Push(r.Take(r.Unsigned(4)).ToArray());
        actions['C'] = r => r.Push(r.Take(r.Byte()).ToArray());
        actions[0x8e] = r => r.Push(r.Take(r.Unsigned(8)).ToArray());
        actions[0x96] = r => r.Push(r.Take(r.Unsigned(8)).ToArray());
    }

    // Lists: EMPTY_LIST, LIST, APPEND, APPENDS; tuples: EMPTY_TUPLE, TUPLE, TUPLE1 to TUPLE3; sets: EMPTY_SET, ADDITEMS, FROZENSET;
    // dictionaries: EMPTY_DICT, DICT, SETITEM, SETITEMS.
    private static void AddContainers(Action<PickleReader>?[] actions)
    {
        actions[']'] = r => r.PushContainer(new PickleItems("list", []));
        actions['l'] = r => r.PushContainer(new PickleItems("list", r.PopToMark()));
        actions['a'] = r => r.Append(r.Pop(1));
        actions['e'] = r => r.Append(r.PopToMark());
        actions[')'] = r => r.PushContainer(new PickleItems("tuple", []));
        actions['t'] = r => r.PushContainer(new PickleItems("tuple", r.PopToMark()));
        actions[0x85] = r => r.PushContainer(new PickleItems("tuple", r.Pop(1)));
        actions[0x86] = r => r.PushContainer(new PickleItems("tuple", r.Pop(2)));
        actions[0x87] = r => r.PushContainer(new PickleItems("tuple", r.Pop(3)));
        actions[0x8f] = r => r.PushContainer(new PickleItems("set", []));
        actions[0x90] = r => r.Append(r.PopToMark());
        actions[0x91] = r => r.PushContainer(new PickleItems("frozenset", r.PopToMark()));
        actions['}'] = r => r.PushContainer(new PickleDictionary());
        actions['d'] = r =>
        {
            var dictionary = new PickleDictionary();
            r.SetItems(dictionary, r.PopToMark());
            r.PushContainer(dictionary);
        };
        actions['s'] = r => r.SetTop(r.Pop(2));
        actions['u'] = r => r.SetTop(r.PopToMark());
    }

    // PUT, BINPUT, LONG_BINPUT, MEMOIZE, GET, BINGET, LONG_BINGET
    private static void AddMemo(Action<PickleReader>?[] actions)
    {
        actions['p'] = r => r.Put(r.Index());
        actions['q'] = r => r.Put(r.Byte());
        actions['r'] = r => r.Put((long)r.Unsigned(4));
        actions[0x94] = r => r.Put(r._memo.Count);
        actions['g'] = r => r.Get(r.Index());
        actions['h'] = r => r.Get(r.Byte());
        actions['j'] = r => r.Get((long)r.Unsigned(4));
    }

    private void Append(List<object?> items) => Top<PickleItems>().Items.AddRange(items);

    private void SetTop(List<object?> items) => SetItems(Top<PickleDictionary>(), items);

    // POP removes a mark where that is what was pushed last.
    private void PopValueOrMark()
    {
        if (_marks.Count > 0 && _marks[^1] == _stack.Count)
        {
            _marks.RemoveAt(_marks.Count - 1);
        }
        else
        {
            Pop();
        }
    }
}
