using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public class PendingFileTests
{
    private string _directory = "";

    [TestInitialize]
    public void Create() => _directory = Directory.CreateTempSubdirectory("statespace-").FullName;

    [TestCleanup]
    public void Delete() => Directory.Delete(_directory, recursive: true);

    [TestMethod]
    public void TheFileAppearsWhenItIsComplete()
    {
        string path = Path.Combine(_directory, "deep", "out.txt");
        using var pending = new PendingFile(path);
        pending.Commit(temporary =>
        {
            File.WriteAllText(temporary, "done");
            Assert.IsFalse(File.Exists(path));
        });
        Assert.AreEqual("done", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [TestMethod]
    public void AFailureLeavesTheOldFileAndNothingElse()
    {
        string path = Path.Combine(_directory, "out.txt");
        File.WriteAllText(path, "old");
        Assert.ThrowsExactly<OutputException>(() =>
        {
            using var pending = new PendingFile(path);
            pending.Commit(temporary =>
            {
                File.WriteAllText(temporary, "half");
                throw new IOException("No space left on device");
            });
        });
        Assert.AreEqual("old", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(_directory));
    }

    [TestMethod]
    public void APlaceThatCannotBeWrittenIsFoundOutAtOnce()
    {
        string file = Path.Combine(_directory, "file");
        File.WriteAllText(file, "");
        Assert.ThrowsExactly<OutputException>(() => new PendingFile(Path.Combine(file, "below", "out.txt")));
        Assert.ThrowsExactly<OutputException>(() => new PendingFile(_directory));
    }

    [TestMethod]
    public void AnInputThatIsMissingWhileWritingKeepsItsOwnException()
    {
        using var pending = new PendingFile(Path.Combine(_directory, "out.txt"));
        Assert.ThrowsExactly<FileNotFoundException>(() => pending.Commit(_ => throw new FileNotFoundException("the input")));
    }
}
