using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class ParquetLongFormTests
{
    private static readonly ParquetLoadOptions Options = new()
    {
        KeyColumnName = "Patient", OrderColumnName = "Hour", TimesColumnName = "Times", ControlValueColumnNames = ["Dose"],
    };

    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    public void StepsAreGroupedAndOrdered()
    {
        IDataView data = ParquetSequences.Load([Write([7, 9, 7, 9, 7], [2.5, 1, -1, 0, 0])], Options);
        Assert.AreEqual(2L, data.GetRowCount());
        CollectionAssert.AreEqual(new[] { "7", "9" }, ParquetFolder.Texts(data, "Patient"));
        ParquetFolder.AreEqual([[2, 20, 4, 40, 0, 0], [3, 30, 1, 10]], ParquetFolder.Lists<float>(data, "Observations"));
        ParquetFolder.AreEqual([[1, 1, 1], [0, 0]], ParquetFolder.Lists<float>(data, "Controls"));
        ParquetFolder.AreEqual([[-1.0, 0, 2.5], [0.0, 1]], ParquetFolder.Lists<double>(data, "Times"));
    }

    [TestMethod]
    public void ContiguousKeysAreStreamedWithTheSameResult()
    {
        string path = Write([7, 7, 7, 9, 9], [2.5, 1, -1, 0, 3]);
        IDataView whole = ParquetSequences.Load([path], Options);
        IDataView streamed = ParquetSequences.Load([path], Options with { KeysAreContiguous = true });
        Assert.IsNull(streamed.GetRowCount());
        CollectionAssert.AreEqual(ParquetFolder.Texts(whole, "Patient"), ParquetFolder.Texts(streamed, "Patient"));
        ParquetFolder.AreEqual(ParquetFolder.Lists<float>(whole, "Observations"), ParquetFolder.Lists<float>(streamed, "Observations"));
    }

    [TestMethod]
    public void AnInterruptedKeyIsNamed()
    {
        IDataView data = ParquetSequences.Load([Write([7, 9, 9, 7, 7], [0, 1, 2, 3, 4])], Options with { KeysAreContiguous = true });
        DataFileException error = Assert.ThrowsExactly<DataFileException>(() => ParquetFolder.Texts(data, "Patient"));
        Assert.AreEqual((3L, "Patient"), (error.Row, error.Column));
    }

    [TestMethod]
    public void TwoStepsAtOneTimeAreRefused()
    {
        DataFileException error = Assert.ThrowsExactly<DataFileException>(
            () => ParquetSequences.Load([Write([7, 7, 9, 9, 9], [0, 1, 5, 6, 5])], Options));
        Assert.AreEqual(1, error.Step);
        StringAssert.Contains(error.Message, "'9'");
    }

    [TestMethod]
    public void AMissingTimeIsNamed()
    {
        DataFileException error = Assert.ThrowsExactly<DataFileException>(
            () => ParquetSequences.Load([Write([7, 7, 9, 9, 9], [0, 1, double.NaN, 6, 5])], Options));
        Assert.AreEqual((2L, "Hour"), (error.Row, error.Column));
    }

    [TestMethod]
    public void WrongColumnsAreRefused()
    {
        string path = Write([1, 1, 1, 1, 1], [0, 1, 2, 3, 4]);
        Assert.AreEqual("None", Refused(path, Options with { OrderColumnName = "None" }).Column);
        Assert.AreEqual("Note", Refused(path, Options with { ValueColumnNames = ["Note"] }).Column);
        Assert.ThrowsExactly<ArgumentException>(() => ParquetSequences.Load([path], Options with { OrderColumnName = null }));
    }

    private static DataFileException Refused(string path, ParquetLoadOptions options) =>
        Assert.ThrowsExactly<DataFileException>(() => ParquetSequences.Load([path], options));

    private string Write(int[] keys, double[] hours)
    {
        new ParquetTable()
            .Add("Patient", keys).Add("Hour", hours).Add("Note", keys.Select(k => $"n{k}").ToArray())
            .Add("Pulse", Enumerable.Range(0, keys.Length).Select(i => (float)i).ToArray())
            .Add("Pressure", Enumerable.Range(0, keys.Length).Select(i => i * 10.0).ToArray())
            .Add("Dose", keys.Select(k => k == 7).ToArray())
            .Write(_folder["long.parquet"], new ParquetSaveOptions { ValuesPerRowGroup = 8 });
        return _folder["long.parquet"];
    }
}
