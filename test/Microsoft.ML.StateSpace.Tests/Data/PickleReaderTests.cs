using System.Numerics;
using System.Text;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Import;
using Microsoft.ML.StateSpace.Data.Pickles;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public sealed class PickleReaderTests
{
    /// <summary>Two sequences to train, one of each other part, as Python 3 pickles them with protocols 0 to 4, and Python 2 with 2 and 0.</summary>
    private static readonly string[] Rolls =
    [
        "KGRwMApWdHJhaW4KcDEKKGxwMgoobHAzCihJNjAKSTY0Ckk2Nwp0cDQKYShJNjAKdHA1CmEodGEoSTIxCkkxMDgKdHA2CmFhKGxwNwooSTcyCkk3MQp0cDgKYWFzVnZhbGlkCnA5CihscDEwCihscDExCihJNDgKdHAxMgphKEk1MApJNTIKdHAxMwphYXNWdGVzdApwMTQKKGxwMTUKKGxwMTYKKGxwMTcKSTYwCmFJNjEKYWEoSTYyCnRwMTgKYWFzLg==",
        "fXEAKFgFAAAAdHJhaW5xAV1xAihdcQMoKEs8S0BLQ3RxBChLPHRxBSkoSxVLbHRxBmVdcQcoS0hLR3RxCGFlWAUAAAB2YWxpZHEJXXEKXXELKChLMHRxDChLMks0dHENZWFYBAAAAHRlc3RxDl1xD11xEChdcREoSzxLPWUoSz50cRJlYXUu",
        "gAJ9cQAoWAUAAAB0cmFpbnEBXXECKF1xAyhLPEtAS0OHcQRLPIVxBSlLFUtshnEGZV1xB0tIS0eGcQhhZVgFAAAAdmFsaWRxCV1xCl1xCyhLMIVxDEsySzSGcQ1lYVgEAAAAdGVzdHEOXXEPXXEQKF1xEShLPEs9ZUs+hXESZWF1Lg==",
        "gAN9cQAoWAUAAAB0cmFpbnEBXXECKF1xAyhLPEtAS0OHcQRLPIVxBSlLFUtshnEGZV1xB0tIS0eGcQhhZVgFAAAAdmFsaWRxCV1xCl1xCyhLMIVxDEsySzSGcQ1lYVgEAAAAdGVzdHEOXXEPXXEQKF1xEShLPEs9ZUs+hXESZWF1Lg==",
        "gASVZAAAAAAAAAB9lCiMBXRyYWlulF2UKF2UKEs8S0BLQ4eUSzyFlClLFUtshpRlXZRLSEtHhpRhZYwFdmFsaWSUXZRdlChLMIWUSzJLNIaUZWGMBHRlc3SUXZRdlChdlChLPEs9ZUs+hZRlYXUu",
        "gAJ9cQAoVQV0cmFpbnEBXXECKF1xAyhLPEtAS0OHcQRLPIVxBSlLFUtshnEGZV1xB4oBSEtHhnEIYWVVBXZhbGlkcQldcQpdcQtLMIVxDGFhVQR0ZXN0cQ1dcQ5dcQ9LPIVxEGFhdS4=",
        "KGRwMApTJ3RyYWluJwpwMQoobHAyCihscDMKKEk2MApJNjQKTDY3TAp0cDQKYShJNjAKdHA1CmEodGEoSTIxCkkxMDgKdHA2CmFhKGxwNwooSTcyCkk3MQp0cDgKYWFzLg==",
    ];

    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(6)]
    public void EveryProtocolIsRead(int fixture)
    {
        PianoRollPickle pickle = PianoRollPickle.Open(Write(Convert.FromBase64String(Rolls[fixture])), PianoKeys.Piano);
        Assert.AreEqual(fixture == 6 ? "train" : "train valid test", string.Join(' ', pickle.Splits));
        float[][] train = [.. pickle.Read("train")];
        Assert.AreEqual("39,43,46;39;;0,87 | 50,51", string.Join(" | ", train.Select(Print)));
        if (fixture < 5)
            Assert.AreEqual("39,40;41", Print(pickle.Read("test").Single()));
    }

    [TestMethod]
    [DataRow("N.", null)]
    [DataRow("I01\n.", true)]
    [DataRow("I00\n.", false)]
    [DataRow("I-7\n.", -7L)]
    [DataRow("L12L\n.", 12L)]
    [DataRow("J\xff\xff\xff\xff.", -1L)]
    [DataRow("M\x01\x02.", 513L)]
    [DataRow("\x8a\x02\x00\x80.", -32768L)]
    [DataRow("\x8a\x00.", 0L)]
    [DataRow("F2.5\n.", 2.5)]
    [DataRow("G\x40\x04\x00\x00\x00\x00\x00\x00.", 2.5)]
    [DataRow("S'a\\'b\\x41\\n'\n.", "a'bA\n")]
    [DataRow("V\\u00e9\\\n.", "é\\")]
    [DataRow("U\x02hi.", "hi")]
    [DataRow("X\x02\x00\x00\x00\xc3\xa9.", "é")]
    [DataRow("\x8c\x01x.", "x")]
    [DataRow("K\x01K\x02" + "0.", 1L)]
    [DataRow("K\x01(K\x02K\x03" + "1.", 1L)]
    [DataRow("K\x05q\x00" + "0h\x00.", 5L)]
    [DataRow("K\x05\x94" + "0h\x00.", 5L)]
    [DataRow("K\x05p7\n0g7\n.", 5L)]
    [DataRow("K\x05r\x00\x00\x01\x00" + "0j\x00\x00\x01\x00.", 5L)]
    public void AValueIsThatOfPython(string pickle, object? expected) => Assert.AreEqual(expected, Read(pickle));

    [TestMethod]
    public void LargeIntegersAreKept() =>
        Assert.AreEqual(-BigInteger.Pow(2, 71), Read("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x80."));

    [TestMethod]
    [DataRow("cos\nsystem\n.", "GLOBAL")]
    [DataRow("\x93.", "STACK_GLOBAL")]
    [DataRow(")R.", "REDUCE")]
    [DataRow("]b.", "BUILD")]
    [DataRow("(ios\nsystem\n.", "INST")]
    [DataRow("(o.", "OBJ")]
    [DataRow("))\x81.", "NEWOBJ")]
    [DataRow(")))\x92.", "NEWOBJ_EX")]
    [DataRow("\x82\x01.", "EXT1")]
    [DataRow("\x83\x01\x00.", "EXT2")]
    [DataRow("\x84\x01\x00\x00\x00.", "EXT4")]
    [DataRow("P1\n.", "PERSID")]
    [DataRow("NQ.", "BINPERSID")]
    [DataRow("\x97.", "NEXT_BUFFER")]
    [DataRow("]\x98.", "READONLY_BUFFER")]
    public void WhatIsNoDataIsRefusedByName(string pickle, string opcode)
    {
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => Read(pickle));
        StringAssert.Contains(error.Message, $"the opcode {opcode} ");
        StringAssert.Contains(error.Message, "byte ");
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(".")]
    [DataRow("(K\x01.")]
    [DataRow("(0.")]
    [DataRow("t.")]
    [DataRow("K\x01s.")]
    [DataRow("}(K\x01u.")]
    [DataRow("K\x01K\x02" + "a.")]
    [DataRow("h\x07.")]
    [DataRow("p0\n.")]
    [DataRow("\x80\x09N.")]
    [DataRow("\xff.")]
    [DataRow("X\xff\xff\xff\xff" + "abc.")]
    [DataRow("\x8d\xff\xff\xff\xff\xff\xff\xff\xff" + "abc.")]
    [DataRow("\x8b\xff\xff\xff\x7f" + "abc.")]
    [DataRow("Ixyz\n.")]
    [DataRow("S'open\n.")]
    [DataRow("I12")]
    public void DamageIsToldWithItsPlace(string pickle)
    {
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => Read(pickle));
        Assert.AreEqual("t.pickle", error.FileName);
        StringAssert.Contains(error.Message, "byte ");
    }

    [TestMethod]
    public void EveryCutIsRefused()
    {
        byte[] whole = Convert.FromBase64String(Rolls[4]);
        for (int length = 0; length < whole.Length; length++)
            Assert.ThrowsExactly<DataFileException>(() => PickleReader.Read("t.pickle", whole[..length]));
    }

    [TestMethod]
    public void RandomBytesEndInAnAnswer()
    {
        var random = new Random(1);
        byte[] whole = Convert.FromBase64String(Rolls[1]);
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. whole];
            for (int n = random.Next(1, 6); n > 0; n--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                _ = PianoRollPickle.Open(Write(damaged), PianoKeys.Piano).Read("train").Count();
            }
            catch (DataFileException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(1000, refused);
        Assert.IsLessThan(20_000, refused, "a note may have changed into another");
    }

    [TestMethod]
    public void AListThatContainsItselfIsNoRoll()
    {
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() =>
            PianoRollPickle.Open(Write(Latin("}U\x05train]q\0h\0as.")), PianoKeys.Piano).Read("train").ToList());
        StringAssert.Contains(error.Message, "a list of 1 values is no note");
        Assert.AreEqual(((long?)0, "train", (int?)0), (error.Row, error.Column, error.Step));
    }

    [TestMethod]
    public void ListsThatMultiplyThemselvesAreRefused()
    {
        // One step of 1000 notes, a sequence of 1000 such steps, 1000 such sequences: 10⁹ notes out of 8 kB.
        string notes = "(" + string.Concat(Enumerable.Repeat("K<", 1000)) + "tq\0" + "0";
        string steps = "](" + string.Concat(Enumerable.Repeat("h\0", 1000)) + "eq\x01" + "0";
        string pickle = notes + steps + "}U\x05train](" + string.Concat(Enumerable.Repeat("h\x01", 1000)) + "es.";
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() =>
            PianoRollPickle.Open(Write(Latin(pickle)), PianoKeys.Piano).Read("train").Count());
        StringAssert.Contains(error.Message, "over and over");
    }

    [TestMethod]
    [DataRow("(((K\x14" + "tll", "20 is no note from 21 to 108", 0, 0)]
    [DataRow("(((K<tl((K<tK<ll", "60 is no step", 1, 1)]
    [DataRow("(((U\x01" + "atll", "'a' is no note", 0, 0)]
    [DataRow("(((G\x40\x04\x00\x00\x00\x00\x00\x00tll", "2.5 is no note", 0, 0)]
    [DataRow("((ll", "one or more steps", 0, null)]
    [DataRow("(Nl", "None is no sequence", 0, null)]
    public void WhatIsNoRollIsNamedByPlace(string sequences, string fault, int row, int? step)
    {
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() =>
            PianoRollPickle.Open(Write(Latin($"}}U\x04test{sequences}s.")), PianoKeys.Piano).Read("test").ToList());
        StringAssert.Contains(error.Message, fault);
        Assert.AreEqual(((long?)row, "test", step), (error.Row, error.Column, error.Step));
    }

    [TestMethod]
    public void AMissingSplitListsThoseThereAre()
    {
        PianoRollPickle pickle = PianoRollPickle.Open(Write(Convert.FromBase64String(Rolls[2])), PianoKeys.Piano);
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => pickle.Read("dev").ToList());
        StringAssert.Contains(error.Message, "train, valid, test");
        Assert.ThrowsExactly<DataFileException>(() => PianoRollPickle.Open(Write(Latin("K\x01.")), PianoKeys.Piano));
    }

    private static object? Read(string pickle) => PickleReader.Read("t.pickle", Latin(pickle));

    private static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);

    private static string Print(float[] roll) =>
        string.Join(';', roll.Chunk(88).Select(step => string.Join(',', Enumerable.Range(0, 88).Where(key => step[key] == 1))));

    private string Write(byte[] bytes)
    {
        File.WriteAllBytes(_folder["t.pickle"], bytes);
        return _folder["t.pickle"];
    }
}
