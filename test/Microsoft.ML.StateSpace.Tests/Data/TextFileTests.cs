using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>What the library relies on in ML.NET's text loader.</summary>
[TestClass]
public class TextFileTests
{
    private readonly MLContext _ml = new();
    private readonly ParquetFolder _folder = new();

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    public void RealsAreNumbersOrMissing()
    {
        IDataView data = Load("# a remark\nx,y\n1.5,-2e3\nNA, ?\nnan,n/a\n,\n\n// another\nzzz\n7", true, new("X", DataKind.Single, 0), new("Y", DataKind.Double, 1));
        float[] x = ParquetFolder.Values<float>(data, "X");
        double[] y = ParquetFolder.Values<double>(data, "Y");
        CollectionAssert.AreEqual(new[] { 1.5f, float.NaN, float.NaN, float.NaN, float.NaN, 7 }, x);
        CollectionAssert.AreEqual(new[] { -2000, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN }, y);
    }

    [TestMethod]
    public void QuotesHideSeparators()
    {
        IDataView data = Load("1,\"a, \"\"b\"\"\", c \n2,\"open,d\n3,\"x\" y,e\n", false, new("N", DataKind.Int32, 0), new("T", DataKind.String, 1, 2));
        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, ParquetFolder.Values<int>(data, "N"));
        string[] texts = ParquetFolder.Lists<ReadOnlyMemory<char>>(data, "T").Select(list => string.Join('|', list)).ToArray();
        CollectionAssert.AreEqual(new[] { "a, \"b\"|c", "|", "|e" }, texts.Select(text => text.TrimEnd()).ToArray());
    }

    [TestMethod]
    public void OtherKindsAreRead()
    {
        IDataView data = Load("true,255,-3,2016-07-01 02:00:00,9000000000\n,,,,\n", false, new("B", DataKind.Boolean, 0), new("U", DataKind.Byte, 1),
            new("S", DataKind.Int16, 2), new("T", DataKind.DateTime, 3), new("L", DataKind.Int64, 4));
        CollectionAssert.AreEqual(new[] { true, false }, ParquetFolder.Values<bool>(data, "B"));
        CollectionAssert.AreEqual(new byte[] { 255, 0 }, ParquetFolder.Values<byte>(data, "U"));
        CollectionAssert.AreEqual(new short[] { -3, 0 }, ParquetFolder.Values<short>(data, "S"));
        Assert.AreEqual(new DateTime(2016, 7, 1, 2, 0, 0, DateTimeKind.Utc), ParquetFolder.Values<DateTime>(data, "T")[0]);
        CollectionAssert.AreEqual(new[] { 9_000_000_000, 0 }, ParquetFolder.Values<long>(data, "L"));
    }

    [TestMethod]
    public void WhatIsNoIntegerIsAnError()
    {
        IDataView data = Load("1\nx\n", false, new TextLoader.Column("N", DataKind.Int32, 0));
        StringAssert.Contains(Assert.Throws<Exception>(() => ParquetFolder.Values<int>(data, "N")).ToString(), "column N");
    }

    private IDataView Load(string text, bool hasHeader, params TextLoader.Column[] columns)
    {
        File.WriteAllText(_folder["t.csv"], text);
        return _ml.Data.LoadFromTextFile(_folder["t.csv"], new TextLoader.Options
        {
            Columns = columns, Separators = [','], HasHeader = hasHeader, AllowQuoting = true, MissingRealsAsNaNs = true, TrimWhitespace = true,
        });
    }
}
