using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Import;
using Microsoft.ML.StateSpace.Data.Midi;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public sealed class MidiFileTests
{
    private static readonly byte[] Tempo = [0, 0xFF, 0x51, 3, 7, 0xA1, 0x20, 0, 0xFF, 0x2F, 0];

    // C4 for two quarters, E4 for the first, G4 for nothing; running status, a note off by velocity 0.
    private static readonly byte[] Notes =
        [0, 0x90, 60, 90, 0, 64, 90, 0x83, 0x60, 64, 0, 0, 67, 90, 0x83, 0x60, 60, 0, 0, 67, 0, 0, 0xFF, 0x2F, 0];

    private static readonly PianoKeys Few = new(8, 60);

    [TestMethod]
    [DataRow(1, "0,4;0,7")]
    [DataRow(2, "0,4;0,4;0,7;0,7")]
    public void NotesOfAllTracksAreCutIntoSteps(int stepsPerQuarter, string expected) =>
        Assert.AreEqual(expected, Print(MidiFile.Read("t.mid", Smf(1, Tempo, Notes), Options(stepsPerQuarter))));

    [TestMethod]
    public void OneTrackAndForeignChunksAreRead()
    {
        byte[] bytes = [.. Smf(0, Notes)[..14], .. "XFIH"u8, 0, 0, 0, 2, 1, 2, .. Smf(0, Notes)[14..]];
        Assert.AreEqual("0,4;0,7", Print(MidiFile.Read("t.mid", bytes, Options(1))));
    }

    [TestMethod]
    public void OtherEventsArePassedOver()
    {
        byte[] track =
        [
            0, 0xF0, 2, 1, 0xF7, 0, 0xFF, 1, 3, 97, 98, 99, 0, 0xC0, 5, 0, 0xB0, 7, 100, 0, 0xE0, 0, 64, 0, 0xD0, 3, 0, 0xA0, 60, 9,
            0, 0x99, 36, 100, 0, 0x90, 60, 64, 0x60, 0x89, 36, 0, 0x83, 0, 0x80, 60, 64, 0, 0xFF, 0x2F, 0,
        ];
        Assert.AreEqual("0", Print(MidiFile.Read("t.mid", Smf(0, track), Options(1))), "a drum is no key; 480 ticks are one quarter");
    }

    [TestMethod]
    public void AShortNoteSoundsForAStepAndAnUnendedOneToTheEnd()
    {
        byte[] track = [0, 0x90, 60, 64, 1, 60, 0, 0, 62, 64, 0x87, 0x3F, 0xFF, 0x2F, 0];
        Assert.AreEqual("0,2;2", Print(MidiFile.Read("t.mid", Smf(0, track), Options(1))));
    }

    [TestMethod]
    public void RowsOfADataViewBecomeFiles()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(2);
        Roll[] rows = [.. new[] { "a/b", "a b" }.Select(id => new Roll { SequenceId = id, Keys = [.. Enumerable.Range(0, 88 * 6).Select(_ => random.Next(3) == 0 ? 1f : 0f)] })];
        string folder = Path.Combine(Directory.CreateTempSubdirectory("statespace-").FullName, "made");
        try
        {
            var view = ml.Data.LoadFromEnumerable(rows);
            var options = new MidiSaveOptions { ObservationColumnName = "Keys", StepsPerQuarter = 2 };
            var paths = ml.StateSpace.Data.SaveAsMidi(view, folder, options);
            CollectionAssert.AreEqual(new[] { "00000-a_b.mid", "00001-a_b.mid" }, paths.Select(Path.GetFileName).ToArray());
            foreach (var (row, path) in rows.Zip(paths))
                CollectionAssert.AreEqual(row.Keys, MidiFile.Read(path, File.ReadAllBytes(path), new MidiOptions { StepsPerQuarter = 2 }));
            StringAssert.StartsWith(Path.GetFileName(ml.StateSpace.Data.SaveAsMidi(view, folder, options with { SequenceIdColumnName = null })[1]), "00001-");
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ml.StateSpace.Data.SaveAsMidi(view, folder));
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ml.StateSpace.Data.SaveAsMidi(view, folder, options with { StepsPerQuarter = 0 }));
            var short88 = ml.Data.LoadFromEnumerable(new[] { new Roll { SequenceId = "c", Keys = new float[87] } });
            StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => ml.StateSpace.Data.SaveAsMidi(short88, folder, options)).Message, "'c'");
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    [DataRow(7)]
    [DataRow(96)]
    public void ARollComesBack(int stepsPerQuarter)
    {
        var random = new Random(stepsPerQuarter);
        var options = new MidiOptions { StepsPerQuarter = stepsPerQuarter };
        float[] roll = [.. Enumerable.Range(0, 88 * 40).Select(_ => random.Next(4) == 0 ? 1f : 0f)];
        Array.Clear(roll, 0, 88 * 3);
        Array.Clear(roll, 88 * 36, 88 * 4);
        using var file = new MemoryStream();
        MidiFile.Write(file, roll, options);
        CollectionAssert.AreEqual(roll, MidiFile.Read("t.mid", file.ToArray(), options));
    }

    [TestMethod]
    public void SustainedKeysAreOneNote()
    {
        using var file = new MemoryStream();
        MidiFile.Write(file, new Sequence(8, [1, 0, 0, 0, 0, 0, 0, 0, 0.7f, 0, 0, 0, 0.4f, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]), Options(1));
        MidiTracks tracks = MidiTracks.Read("t.mid", file.ToArray());
        CollectionAssert.AreEqual(new[] { new MidiNote(60, 0, 1440), new MidiNote(64, 960, 1440) }, tracks.Notes.ToArray());
        Assert.AreEqual((480, 1440L), (tracks.TicksPerQuarter, tracks.End));
        // The bytes that any player reads: format 0, one track, 480 ticks.
        CollectionAssert.AreEqual("MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk".Select(c => (byte)c).ToArray(), file.ToArray()[..18]);
    }

    [TestMethod]
    public void DamageIsToldWithItsPlace()
    {
        byte[] whole = Smf(1, Tempo, Notes);
        for (int length = 0; length < whole.Length; length++)
            StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(() => MidiFile.Read("t.mid", whole[..length])).Message, "byte ");
        foreach ((int at, byte value, string named) in new (int, byte, string)[] { (9, 2, "format is 2"), (12, 0xE7, "seconds"), (18, 0x7F, "too early") })
        {
            byte[] damaged = [.. whole];
            damaged[at] = value;
            StringAssert.Contains(Assert.ThrowsExactly<DataFileException>(() => MidiFile.Read("t.mid", damaged)).Message, named);
        }
    }

    [TestMethod]
    public void RandomBytesEndInAnAnswer()
    {
        var random = new Random(3);
        byte[] whole = Smf(1, Tempo, Notes);
        int refused = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                MidiFile.Read("t.mid", damaged);
            }
            catch (DataFileException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(1000, refused);
    }

    [TestMethod]
    public void APitchWithoutAKeyAndAnEndlessRestAreNamed()
    {
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => MidiFile.Read("t.mid", Smf(0, Notes), new MidiOptions { Keys = new(4, 60) }));
        StringAssert.Contains(error.Message, "pitch 64");
        byte[] rest = [0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 64, 0, 60, 0, 0, 0xFF, 0x2F, 0];
        error = Assert.ThrowsExactly<DataFileException>(() => MidiFile.Read("t.mid", Smf(0, rest)));
        StringAssert.Contains(error.Message, "steps");
        error = Assert.ThrowsExactly<DataFileException>(() => MidiFile.Read("t.mid", Smf(0, [0, 0xFF, 0x2F, 0])));
        StringAssert.Contains(error.Message, "no notes");
    }

    [TestMethod]
    public void OptionsOutOfRangeAreNamed()
    {
        var output = new MemoryStream();
        StringAssert.StartsWith(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => MidiFile.Write(output, new float[88], new MidiOptions { StepsPerQuarter = 0 })).Message,
            "StepsPerQuarter is 0");
        Assert.ThrowsExactly<ArgumentException>(() => MidiFile.Write(output, new float[87]));
    }

    private static MidiOptions Options(int stepsPerQuarter) => new() { StepsPerQuarter = stepsPerQuarter, Keys = Few };

    private static string Print(float[] roll) =>
        string.Join(';', roll.Chunk(8).Select(step => string.Join(',', Enumerable.Range(0, 8).Where(key => step[key] == 1))));

    private static byte[] Smf(byte format, params byte[][] tracks) =>
    [
        .. "MThd"u8, 0, 0, 0, 6, 0, format, 0, (byte)tracks.Length, 1, 0xE0,
        .. tracks.SelectMany(track => (byte[])[.. "MTrk"u8, 0, 0, 0, (byte)track.Length, .. track]),
    ];

    private sealed class Roll
    {
        public string SequenceId { get; set; } = "";

        public float[] Keys { get; set; } = [];
    }
}
