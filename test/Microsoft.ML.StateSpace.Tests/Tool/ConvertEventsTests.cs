using Microsoft.ML.StateSpace.Tests.Data;
using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

/// <summary>Tables with a row per observation, as <c>convert --pivot</c> reads them.</summary>
[TestClass]
public sealed class ConvertEventsTests : IDisposable
{
    private const string Stays = """
        stay,minute,parameter,value
        s1,7,HR,73
        s2,0,Temp,36.5
        s1,90,Temp,35.1
        s1,7,GCS,15
        s1,60,HR,NA
        s2,30,HR,80
        s1,7,Urine,900
        """;

    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void ObservationsOfATimeBecomeAStep()
    {
        IDataView data = Convert(Stays, "--times");
        CollectionAssert.AreEqual(new[] { "s1", "s2" }, ParquetFolder.Texts(data, "SequenceId"));
        const float No = float.NaN;
        // GCS, HR, Temp, Urine. A value that is missing makes a step too: somebody looked.
        ParquetFolder.AreEqual([[15, 73, No, 900, No, No, No, No, No, No, 35.1f, No], [No, No, 36.5f, No, No, 80, No, No]], ParquetFolder.Lists<float>(data, "Observations"));
        ParquetFolder.AreEqual([[7.0, 60, 90], [0, 30]], ParquetFolder.Lists<double>(data, "Times"));
    }

    [TestMethod]
    public void NamedVariablesComeInTheirOrderAndOthersAreLeftOut()
    {
        IDataView data = Convert(Stays, "--values", "Temp,Lactate,HR");
        const float No = float.NaN;
        ParquetFolder.AreEqual([[No, No, 73, No, No, No, 35.1f, No, No], [36.5f, No, No, No, No, 80]], ParquetFolder.Lists<float>(data, "Observations"));

        data = Convert(Stays, "--values", "Urine", "--times");
        CollectionAssert.AreEqual(new[] { "s1" }, ParquetFolder.Texts(data, "SequenceId"));
        ParquetFolder.AreEqual([[7.0]], ParquetFolder.Lists<double>(data, "Times"));
    }

    [TestMethod]
    public void TheLaterOfTwoValuesIsTakenWhereAskedFor()
    {
        IDataView data = Convert(Stays + "\ns1,7,HR,75\ns1,7,GCS,", "--values", "GCS,HR", "--duplicates", "last");
        ParquetFolder.AreEqual([[15, 75, float.NaN, float.NaN], [float.NaN, 80]], ParquetFolder.Lists<float>(data, "Observations"));
    }

    [TestMethod]
    public void WithoutAKeyAllRowsAreOneSequence()
    {
        string output = _line.Path("one.parquet"), source = _line.Write("one.csv", "time;what;value\n2016-07-01 01:00:00;b;2\n2016-07-01 00:00:00;a;1\n");
        Assert.AreEqual(ExitCode.Ok, _line.Run("convert", source, "--output", output, "--order", "time", "--pivot", "what:value"), _line.Messages);
        IDataView data = ParquetFolder.Load(output);
        Assert.AreEqual("one", ParquetFolder.Texts(data, "SequenceId").Single());
        ParquetFolder.AreEqual([[1f, float.NaN, float.NaN, 2]], ParquetFolder.Lists<float>(data, "Observations"));
    }

    [TestMethod]
    [DataRow("row 2, column 'v': a second value of 'a' at 1 of 'x'; --duplicates last", ExitCode.BadFile, "k,t,n,v\nx,1,a,2\nx,1,b,2\nx,1,a,2\n", "--key k --order t --pivot n:v")]
    [DataRow("row 0, column 'v': 'high' is no number", ExitCode.BadFile, "k,t,n,v\nx,1,a,high\n", "--key k --order t --pivot n:v")]
    [DataRow("row 1, column 't': 'later' is no number", ExitCode.BadFile, "k,t,n,v\nx,1,a,2\nx,later,a,2\n", "--key k --order t --pivot n:v")]
    [DataRow("row 1, column 'n': the variable's name is missing", ExitCode.BadFile, "k,t,n,v\nx,1,a,2\nx,1,,2\n", "--key k --order t --pivot n:v")]
    [DataRow("row 0, column 'k': the sequence's name is missing", ExitCode.BadFile, "k,t,n,v\n,1,a,2\n", "--key k --order t --pivot n:v")]
    [DataRow("has no column 'w'; it has k, t, n, v", ExitCode.BadFile, "k,t,n,v\nx,1,a,2\n", "--key k --order t --pivot n:w")]
    [DataRow("names no variable in its column 'n'", ExitCode.BadFile, "k,t,n,v\n", "--key k --order t --pivot n:v")]
    [DataRow("makes no sequence", ExitCode.BadFile, "k,t,n,v\nx,1,a,2\n", "--key k --order t --pivot n:v --values b")]
    [DataRow("--pivot is 'n'; write the column", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --pivot n")]
    [DataRow("--pivot is 'n:n'; write the column", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --pivot n:n")]
    [DataRow("name its column with --order", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--key k --pivot n:v")]
    [DataRow("--pivot names 't', which --key or --order names too", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --pivot n:t")]
    [DataRow("--controls is for tables with a row per step", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --pivot n:v --controls k")]
    [DataRow("--statics is for tables with a row per step", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --pivot n:v --statics k")]
    [DataRow("--lags is for tables with a row per step", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --pivot n:v --lags 1")]
    [DataRow("--values names 'a' twice", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --pivot n:v --values a,b,a")]
    [DataRow("--duplicates is for the events", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --duplicates last")]
    [DataRow("'first' not recognized. Must be one of: 'last'", ExitCode.Usage, "k,t,n,v\nx,1,a,2\n", "--order t --pivot n:v --duplicates first")]
    public void FaultsNameTheirPlace(string fault, int code, string text, string options)
    {
        int actual = _line.Run(["convert", _line.Write("t.csv", text), "--output", _line.Path("out.parquet"), .. options.Split(' ')]);
        Assert.AreEqual(code, actual, _line.Messages);
        StringAssert.Contains(_line.Messages, fault);
        Assert.IsFalse(File.Exists(_line.Path("out.parquet")));
    }

    private IDataView Convert(string text, params string[] options)
    {
        string output = _line.Path($"{Guid.NewGuid():N}.parquet");
        Assert.AreEqual(ExitCode.Ok, _line.Run(["convert", _line.Write("stays.csv", text), "--output", output, "--key", "stay", "--order", "minute", "--pivot", "parameter:value", .. options]),
            _line.Messages);
        return ParquetFolder.Load(output);
    }
}
