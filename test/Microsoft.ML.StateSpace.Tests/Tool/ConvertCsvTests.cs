using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Tests.Data;
using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public sealed class ConvertCsvTests : IDisposable
{
    private const string Wards = """
        patient,hour,pulse,pressure,ward,dose,age
        p1,2,72,120,north,1,40
        p2,0,NA,95,south,0,61
        p1,0,70,,north,0,41
        p2,1.5,80,99,NA,0,61
        p1,1,"71",121,south,0,40
        """;

    private const string Hours = """
        date;load;wind
        2016-07-01 00:00:00;1;10
        2016-07-01 01:00:00;2;20
        2016-07-01 02:00:00;3;30
        2016-07-01 03:00:00;NaN;40
        2016-07-01 04:00:00;5;50
        2016-07-01 05:00:00;6;60
        2016-07-01 06:00:00;7;70
        """;

    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void RowsOfAKeyBecomeASequence()
    {
        IDataView data = Convert("wards.csv", Wards, "--key", "patient", "--order", "hour", "--values", "pulse,pressure", "--controls", "dose", "--categories", "ward",
            "--statics", "age", "--times");
        CollectionAssert.AreEqual(new[] { "p1", "p2" }, ParquetFolder.Texts(data, "SequenceId"));
        ParquetFolder.AreEqual([[70, float.NaN, 71, 121, 72, 120], [float.NaN, 95, 80, 99]], ParquetFolder.Lists<float>(data, "Observations"));
        ParquetFolder.AreEqual([[0f, 1, 0, 0, 0, 1, 1, 1, 0], [0f, 0, 1, 0, 0, 0]], ParquetFolder.Lists<float>(data, "Controls"));
        ParquetFolder.AreEqual([[0.0, 1, 2], [0, 1.5]], ParquetFolder.Lists<double>(data, "Times"));
        ParquetFolder.AreEqual([[41f], [61]], ParquetFolder.Lists<float>(data, "Statics"));
    }

    [TestMethod]
    public void APhaseOfACycleBecomesTwoControls()
    {
        IDataView data = Convert("h.csv", Hours, "--order", "date", "--values", "load", "--controls", "wind", "--cycles", "day,week,wind:80", "--rows", "6..");
        double day = 2 * Math.PI * 6 / 24, wind = 2 * Math.PI * 70 / 80;
        // The first of July 2016 was a Friday, the first of January 1970 a Thursday.
        double week = 2 * Math.PI * (1 + 6 / 24.0) / 7;
        float[] expected = [70, (float)Math.Sin(day), (float)Math.Cos(day), (float)Math.Sin(week), (float)Math.Cos(week), (float)Math.Sin(wind), (float)Math.Cos(wind)];
        float[] controls = ParquetFolder.Lists<float>(data, "Controls")[0];
        Assert.HasCount(expected.Length, controls);
        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], controls[i], 1e-6f);
    }

    [TestMethod]
    public void EarlierValuesBecomeControls()
    {
        // load: 1 2 3 NaN 5 6 7. At a lag of 1 the missing one is taken two steps earlier; at a lag of 2, four.
        IDataView data = Convert("h.csv", Hours, "--order", "date", "--values", "load", "--controls", "wind", "--lags", "1,2");
        ParquetFolder.AreEqual([[3f, float.NaN, 5, 6, 7]], ParquetFolder.Lists<float>(data, "Observations"));
        ParquetFolder.AreEqual([[30f, 2, 1, 40, 3, 2, 50, 3, 3, 60, 5, 2, 70, 6, 5]], ParquetFolder.Lists<float>(data, "Controls"));

        data = Convert("h.csv", Hours, "--order", "date", "--values", "load", "--lags", "2", "--window", "2", "--stride", "2");
        CollectionAssert.AreEqual(new[] { "h@2", "h@4" }, ParquetFolder.Texts(data, "SequenceId"));
        ParquetFolder.AreEqual([[1f, 2], [3, 2]], ParquetFolder.Lists<float>(data, "Controls"));
    }

    [TestMethod]
    public void ASeriesIsCutIntoWindows()
    {
        IDataView data = Convert("h.csv", Hours, "--order", "date", "--window", "3", "--stride", "2", "--times", "--values", "load");
        CollectionAssert.AreEqual(new[] { "h@0", "h@2", "h@4" }, ParquetFolder.Texts(data, "SequenceId"));
        ParquetFolder.AreEqual([[1f, 2, 3], [3, float.NaN, 5], [5, 6, 7]], ParquetFolder.Lists<float>(data, "Observations"));
        Assert.AreEqual(new DateTime(2016, 7, 1, 2, 0, 0, DateTimeKind.Utc), DateTime.UnixEpoch.AddSeconds(ParquetFolder.Lists<double>(data, "Times")[1][0]));

        data = Convert("h.csv", Hours, "--order", "date", "--rows", "1..4");
        ParquetFolder.AreEqual([[2f, 20, 3, 30, float.NaN, 40]], ParquetFolder.Lists<float>(data, "Observations"));
        data = Convert("h.csv", Hours, "--order", "date", "--rows", "5..");
        ParquetFolder.AreEqual([[6f, 60, 7, 70]], ParquetFolder.Lists<float>(data, "Observations"));
    }

    [TestMethod]
    public void CompressedFilesAreReadAsTheyAre()
    {
        using (var gzip = new GZipStream(File.Create(_line.Path("h.csv.gz")), CompressionLevel.Fastest))
            gzip.Write(System.Text.Encoding.UTF8.GetBytes(Hours));
        Assert.AreEqual(ExitCode.Ok, _line.Run("convert", _line.Path("h.csv.gz"), "--order", "date", "--output", _line.Path("out.parquet")), _line.Messages);
        IDataView data = ParquetFolder.Load(_line.Path("out.parquet"));
        Assert.AreEqual("h", ParquetFolder.Texts(data, "SequenceId").Single());
        Assert.HasCount(14, ParquetFolder.Lists<float>(data, "Observations").Single());
    }

    [TestMethod]
    [DataRow("row 1, column 'b': 'x' is no number", ExitCode.BadFile, "a,b\n1,2\n3,x\n", "")]
    [DataRow("row 1, column 'a': 'later' is no time", ExitCode.BadFile, "a,b\n2016-01-01,2\nlater,3\n", "--order a")]
    [DataRow("row 1, column 'a': 'later' is no number", ExitCode.BadFile, "a,b\n1,2\nlater,3\n", "--order a")]
    [DataRow("has no column 'c'; it has a, b", ExitCode.BadFile, "a,b\n1,2\n", "--key c")]
    [DataRow("two steps at 1", ExitCode.BadFile, "a,b\n1,2\n1,3\n", "--order a")]
    [DataRow("row 0, column 'a': the sequence's name is missing", ExitCode.BadFile, "a,b\n,2\n", "--key a")]
    [DataRow("each by another name", ExitCode.BadFile, "a,a\n1,2\n", "")]
    [DataRow("makes no sequence", ExitCode.BadFile, "a,b\n1,2\n", "--window 2")]
    [DataRow("makes no sequence", ExitCode.BadFile, "a,b\n", "")]
    [DataRow("no line of names", ExitCode.BadFile, "\n\n", "")]
    [DataRow("--values names", ExitCode.Usage, "a\n1\n", "--key a")]
    [DataRow("--times keeps", ExitCode.Usage, "a\n1\n", "--times")]
    [DataRow("row 0, column 'a': '1' is no time, of which --cycles day could be a phase", ExitCode.BadFile, "a,b\n1,2\n", "--order a --cycles day")]
    [DataRow("--cycles day is a phase of the time that --order names", ExitCode.Usage, "a,b\n1,2\n", "--cycles a:3,day")]
    [DataRow("--cycles holds 'month'; write day, week, year, or a column", ExitCode.Usage, "a,b\n1,2\n", "--order a --cycles month")]
    [DataRow("--cycles holds 'b:0'", ExitCode.Usage, "a,b\n1,2\n", "--cycles b:0")]
    [DataRow("has no step for which every column is known 1 and 2 steps earlier", ExitCode.BadFile, "a,b\n1,2\n2,3\n", "--lags 1,2")]
    [DataRow("--lags holds '0'", ExitCode.Usage, "a,b\n1,2\n", "--lags 0")]
    [DataRow("--stride moves", ExitCode.Usage, "a\n1\n", "--stride 2")]
    [DataRow("write A..B", ExitCode.Usage, "a\n1\n", "--rows 4..4")]
    [DataRow("--frame does not apply", ExitCode.Usage, "a\n1\n", "--frame 4")]
    public void FaultsNameTheirPlace(string fault, int code, string text, string options)
    {
        int actual = _line.Run(["convert", _line.Write("t.csv", text), "--output", _line.Path("out.parquet"), .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.AreEqual(code, actual, _line.Messages);
        StringAssert.Contains(_line.Messages, fault);
        Assert.IsFalse(File.Exists(_line.Path("out.parquet")));
    }

    [TestMethod]
    public void OptionsOfTablesAreRefusedElsewhere()
    {
        Assert.AreEqual(ExitCode.Usage, _line.Run("convert", _line.Write("rolls.txt", "1,2;3\n"), "--output", _line.Path("out.parquet"), "--window", "3"), _line.Messages);
        StringAssert.Contains(_line.Messages, "--window does not apply");
    }

    private IDataView Convert(string name, string text, params string[] options)
    {
        string output = _line.Path($"{Guid.NewGuid():N}.parquet");
        Assert.AreEqual(ExitCode.Ok, _line.Run(["convert", _line.Write(name, text), "--output", output, .. options]), _line.Messages);
        return ParquetFolder.Load(output);
    }
}
