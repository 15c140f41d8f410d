using System.IO.Compression;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Audio;
using Microsoft.ML.StateSpace.Data.Import;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public sealed class AudioTests
{
    private static readonly string[] Endings = [".wav"];
    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(1, 8, new byte[] { 0, 128, 255 }, new[] { -1f, 0, 127 / 128f })]
    [DataRow(1, 16, new byte[] { 0, 0x80, 1, 0, 0xFF, 0x7F }, new[] { -1f, 1 / 32768f, 32767 / 32768f })]
    [DataRow(1, 24, new byte[] { 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0, 0, 0x40 }, new[] { -1f, -1 / 8388608f, 0.5f })]
    [DataRow(1, 32, new byte[] { 0, 0, 0, 0x80, 0, 0, 0, 0x20 }, new[] { -1f, 0.25f })]
    [DataRow(3, 32, new byte[] { 0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0 }, new[] { 1.5f, -2f })]
    public void EveryFormIsRead(int tag, int bits, byte[] data, float[] expected)
    {
        CollectionAssert.AreEqual(expected, WaveFile.Read("t.wav", Wave(data, tag, bits)).Samples);
        CollectionAssert.AreEqual(expected, WaveFile.Read("t.wav", Wave(data, tag, bits, extensible: true)).Samples);
    }

    [TestMethod]
    public void ChannelsAreAveragedAndOtherChunksPassedOver()
    {
        byte[] bytes = Wave([0, 0x40, 0, 0, 0, 0xC0, 0, 0xC0], channels: 2, rate: 16000);
        byte[] withList = [.. bytes[..12], .. "LIST"u8, 3, 0, 0, 0, 1, 2, 3, 0, .. bytes[12..]];
        WaveFile wave = WaveFile.Read("t.wav", withList);
        CollectionAssert.AreEqual(new[] { 0.25f, -0.5f }, wave.Samples);
        Assert.AreEqual(16000, wave.Rate);
    }

    [TestMethod]
    public void EveryCutIsRefused()
    {
        byte[] whole = Wave([1, 2, 3, 4]);
        for (int length = 0; length < whole.Length; length++)
            Assert.ThrowsExactly<DataFileException>(() => WaveFile.Read("t.wav", whole[..length]), $"{length} bytes");
    }

    [TestMethod]
    [DataRow(20, 2, "tag 2")]
    [DataRow(34, 12, "12 bits")]
    [DataRow(22, 0, "0 channels")]
    [DataRow(40, 3, "do not divide")]
    public void WhatIsNotReadIsNamed(int at, int value, string named)
    {
        byte[] bytes = Wave([1, 2, 3, 4]);
        bytes[at] = (byte)value;
        StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(() => WaveFile.Read("t.wav", bytes)).Message, named);
        byte[] nan = Wave([0, 0, 0xC0, 0x7F], tag: 3, bits: 32);
        StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(() => WaveFile.Read("t.wav", nan)).Message, "sample 0");
    }

    [TestMethod]
    public void FramesAreStandardisedAndTheLastIsMaskedOrDropped()
    {
        WriteSamples("b.wav", 8192, 16384, 24576);
        WriteSamples("a/c.wav", -8192, 0);
        using RecordingSet set = RecordingSet.Open(_folder.Path, Endings, WaveFile.MostBytes);
        var frames = new AudioFrames(set, 2, PartialFrame.Mask);
        Standardisation measured = frames.Measure();
        double[] all = [0.25, 0.5, 0.75, -0.25, 0];
        double deviation = Math.Sqrt(all.Average(x => x * x) - 0.25 * 0.25);
        Assert.AreEqual(0.25, measured.Mean, 1e-15);
        Assert.AreEqual(deviation, measured.Deviation, 1e-15);
        ImportedSequence[] sequences = [.. frames.Cut(measured)];
        CollectionAssert.AreEqual(new[] { "a/c", "b" }, sequences.Select(sequence => sequence.Id).ToArray());
        float unit = (float)(0.25 / deviation);
        CollectionAssert.AreEqual(new[] { 0, unit, 2 * unit, float.NaN }, sequences[1].Observations);
        ImportedSequence[] dropped = [.. new AudioFrames(set, 2, PartialFrame.Drop).Cut(new Standardisation(0, 1))];
        CollectionAssert.AreEqual(new[] { 0.25f, 0.5f }, dropped[1].Observations);
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => new AudioFrames(set, 3, PartialFrame.Drop).Cut(measured).ToList());
        StringAssert.Contains(error.FileName, "c.wav");
    }

    [TestMethod]
    public void StatisticsComeFromParquetOrJson()
    {
        var written = new Standardisation(0.125, 0.1 + 0.2, 8000);
        string parquet = _folder["t.parquet"];
        ImportedSequences.Write([new ImportedSequence("a", [1])], parquet, new Dictionary<string, string> { [Standardisation.Key] = written.ToJson() });
        Assert.AreEqual(written, Standardisation.Load(parquet));
        CollectionAssert.AreEqual(new[] { "a" }, ParquetFolder.Texts(ParquetFolder.Load(parquet), "SequenceId"), "the checksums still stand beside them");
        File.WriteAllText(_folder["s.json"], """{ "mean": 0, "deviation": 2 }""");
        Assert.AreEqual(new Standardisation(0, 2), Standardisation.Load(_folder["s.json"]));
        foreach (string wrong in new[] { "{}", "null", "x", """{ "mean": 0, "deviation": 0 }""", """{ "mean": 0, "deviation": 1, "std": 1 }""" })
        {
            File.WriteAllText(_folder["s.json"], wrong);
            StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(() => Standardisation.Load(_folder["s.json"])).Message, "statistics");
        }

        ImportedSequences.Write([new ImportedSequence("a", [1])], parquet);
        StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(() => Standardisation.Load(parquet)).Message, "not converted from audio");
    }

    [TestMethod]
    public void AnotherRateIsNamed()
    {
        WriteSamples("a.wav", 1, 2);
        File.WriteAllBytes(_folder["b.wav"], Wave([1, 2, 3, 4], rate: 16000));
        using RecordingSet set = RecordingSet.Open(_folder.Path, Endings, WaveFile.MostBytes);
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => new AudioFrames(set, 2, PartialFrame.Mask).Measure());
        StringAssert.Contains(error.Message, "16000");
        StringAssert.Contains(error.FileName, "b.wav");
        Assert.ThrowsExactly<DataFileException>(() => new AudioFrames(set, 2, PartialFrame.Mask).Cut(new Standardisation(0, 1, 44100)).ToList());
    }

    [TestMethod]
    public void AZipIsReadInPlaceInTheOrderOfItsNames()
    {
        string zip = Zip(("two.wav", Wave([1, 0])), ("sub/one.WAV", Wave([2, 0])), ("readme.txt", [1]));
        using RecordingSet set = RecordingSet.Open(zip, Endings, WaveFile.MostBytes);
        CollectionAssert.AreEqual(new[] { "sub/one", "two" }, set.Recordings.Select(recording => recording.Id).ToArray());
        Assert.AreEqual(2 / 32768f, WaveFile.Read("t", set.Recordings[0].Read()).Samples.Single());
        CollectionAssert.AreEqual(new[] { "t.zip" }, _folder.Files);
    }

    [TestMethod]
    [DataRow("../a.wav")]
    [DataRow("x/../../a.wav")]
    [DataRow("/a.wav")]
    [DataRow("C:\\a.wav")]
    [DataRow("x\\..\\a.wav")]
    public void AnEntryThatLeadsOutOfTheZipIsRefused(string name) =>
        StringAssert.Contains(
            Assert.ThrowsExactly<DataFileException>(() => RecordingSet.Open(Zip((name, Wave([1, 0]))), Endings, WaveFile.MostBytes)).Message, "leads out of the zip");

    [TestMethod]
    public void AnEntryThatIsLargeOrDamagedOrTwiceThereIsNamed()
    {
        byte[] wave = Wave(new byte[2000]);
        string zip = Zip(("a.wav", wave));
        using (RecordingSet set = RecordingSet.Open(zip, Endings, mostBytes: 1000))
        {
            StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(set.Recordings[0].Read).Message, "1000 are the most");
        }

        byte[] bytes = File.ReadAllBytes(zip);
        int stored = bytes.AsSpan().IndexOf("WAVEfmt "u8);
        Assert.IsGreaterThan(0, stored);
        bytes[stored + 200] ^= 1;
        File.WriteAllBytes(zip, bytes);
        using (RecordingSet set = RecordingSet.Open(zip, Endings, WaveFile.MostBytes))
        {
            StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(set.Recordings[0].Read).FileName, "t.zip/a.wav");
        }

        StringAssert.Contains(
            Assert.ThrowsExactly<DataFileException>(() => RecordingSet.Open(Zip(("a.wav", wave), ("a.WAV", wave)), Endings, WaveFile.MostBytes)).Message, "twice");
        StringAssert.Contains(
            Assert.ThrowsExactly<DataFileException>(() => RecordingSet.Open(Zip(("a.txt", wave)), Endings, WaveFile.MostBytes)).Message, "no .wav");
    }

    [TestMethod]
    public void AnEntryThatLiesAboutItsSizeIsRefused()
    {
        string zip = Zip(("a.wav", Wave(new byte[2000])));
        byte[] bytes = File.ReadAllBytes(zip);
        int directory = bytes.AsSpan().IndexOf("PK\x01\x02"u8);
        BitConverter.TryWriteBytes(bytes.AsSpan(directory + 24), 100);
        File.WriteAllBytes(zip, bytes);
        using RecordingSet set = RecordingSet.Open(zip, Endings, WaveFile.MostBytes);
        Assert.ThrowsExactly<DataFileException>(set.Recordings[0].Read);
    }

    /// <summary>A WAV file around its samples' bytes.</summary>
    internal static byte[] Wave(byte[] data, int tag = 1, int bits = 16, int channels = 1, int rate = 8000, bool extensible = false)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        int form = extensible ? 40 : 16;
        writer.Write("RIFF"u8);
        writer.Write(20 + form + data.Length);
        writer.Write("WAVEfmt "u8);
        writer.Write(form);
        writer.Write((short)(extensible ? -2 : tag));
        writer.Write((short)channels);
        writer.Write(rate);
        writer.Write(rate * channels * bits / 8);
        writer.Write((short)(channels * bits / 8));
        writer.Write((short)bits);
        if (extensible)
        {
            writer.Write((short)22);
            writer.Write((short)bits);
            writer.Write(0);
            writer.Write((short)tag);
            writer.Write(new byte[14]);
        }

        writer.Write("data"u8);
        writer.Write(data.Length);
        writer.Write(data);
        return stream.ToArray();
    }

    private void WriteSamples(string name, params short[] samples)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllBytes(_folder[name], Wave([.. samples.SelectMany(BitConverter.GetBytes)]));
    }

    private string Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using FileStream file = File.Create(_folder["t.zip"]);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        foreach ((string name, byte[] bytes) in entries)
        {
            using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
            entry.Write(bytes);
        }

        return _folder["t.zip"];
    }
}
