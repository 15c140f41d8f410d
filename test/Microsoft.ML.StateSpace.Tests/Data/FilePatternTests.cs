using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class FilePatternTests
{
    private readonly ParquetFolder _folder = new();

    [TestInitialize]
    public void MakeFiles()
    {
        foreach (string name in new[] { "b.parquet", "a.parquet", "B.parquet", "c.txt", ".hidden.parquet", "x/1.parquet", "x/y/2.parquet", "x/y/z/3.parquet", ".git/4.parquet", "star*.parquet" })
        {
            string path = _folder[name];
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, name);
        }
    }

    [TestCleanup]
    public void RemoveFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow("a.parquet", "a.parquet")]
    [DataRow("none.parquet", "none.parquet")]
    [DataRow("star*.parquet", "star*.parquet")]
    [DataRow("?.parquet", "B.parquet a.parquet b.parquet")]
    [DataRow("*.txt", "c.txt")]
    [DataRow(".*.parquet", ".hidden.parquet")]
    [DataRow("x/*.parquet", "x/1.parquet")]
    [DataRow("*/*.parquet", "x/1.parquet")]
    [DataRow("x/**/*.parquet", "x/1.parquet x/y/2.parquet x/y/z/3.parquet")]
    [DataRow("**/[0-9].parquet", "")]
    [DataRow("**/?.parquet", "B.parquet a.parquet b.parquet x/1.parquet x/y/2.parquet x/y/z/3.parquet")]
    [DataRow("**/y/**/*.parquet", "x/y/2.parquet x/y/z/3.parquet")]
    [DataRow("**/**/3.parquet", "x/y/z/3.parquet")]
    [DataRow("x/**", "x/1.parquet x/y/2.parquet x/y/z/3.parquet")]
    [DataRow("x/y/../*.parquet", "x/y/../1.parquet")]
    [DataRow("x", "x/1.parquet")]
    [DataRow("x/y/z/*.txt", "")]
    [DataRow("q/*.parquet", "")]
    public void PatternsMeetTheirFilesInOrdinalOrder(string pattern, string expected)
    {
        if (expected.Length == 0)
        {
            DataFileException error = Assert.ThrowsExactly<DataFileException>(() => FilePattern.Expand(_folder[pattern], "*.parquet"));
            Assert.AreEqual(_folder[pattern], error.FileName);
            return;
        }

        string[] found = FilePattern.Expand(_folder[pattern], "*.parquet").Select(path => path[(_folder.Path.Length + 1)..]).ToArray();
        CollectionAssert.AreEqual(expected.Split(' '), found);
    }

    [TestMethod]
    public void LoopsOfLinksEnd()
    {
        Directory.CreateSymbolicLink(_folder["x/loop"], _folder["x"]);
        Assert.HasCount(3, FilePattern.Expand(_folder["x/**/*.parquet"], "*.parquet"));
        Assert.HasCount(1, FilePattern.Expand(_folder["x/loop/*.parquet"], "*.parquet"));
    }

    [TestMethod]
    public void RelativePatternsStayRelative()
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder["x"]);
        CollectionAssert.AreEqual(new[] { Path.Combine(relative, "1.parquet") }, FilePattern.Expand(Path.Combine(relative, "*.parquet"), "*.parquet").ToArray());
    }
}
