using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>What Parquet files are read and written through.</summary>
[TestClass]
public class PromptFileTests
{
    [TestMethod]
    public async Task AsynchronousCallsHaveDoneTheirWorkWhenTheyReturn()
    {
        string path = Path.GetTempFileName();
        try
        {
            using var file = new PromptFile(new FileStream(path, FileMode.Open, FileAccess.ReadWrite));
            var written = file.WriteAsync(new byte[] { 1, 2, 3, 4 });
            Assert.IsTrue(written.IsCompletedSuccessfully);
            Task more = file.WriteAsync([5, 6], 1, 1, CancellationToken.None);
            Assert.IsTrue(more.IsCompletedSuccessfully && file.FlushAsync().IsCompletedSuccessfully);
            Assert.AreEqual((5, 5), (file.Length, file.Position));
            file.Seek(-3, SeekOrigin.End);
            var room = new byte[8];
            var read = file.ReadAsync(room.AsMemory(2));
            Assert.IsTrue(read.IsCompletedSuccessfully);
            Assert.AreEqual(3, await read);
            CollectionAssert.AreEqual(new byte[] { 0, 0, 3, 4, 6, 0, 0, 0 }, room);
            Assert.ThrowsExactly<OperationCanceledException>(() => file.WriteAsync(room, new CancellationToken(canceled: true)));
            Assert.AreEqual(5, file.Length);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void APooledListGrowsAndForgets()
    {
        var list = new PooledList<string?>();
        for (int i = 0; i < 1000; i++)
            list.Add(1)[0] = $"{i}";
        Assert.AreEqual(1000, list.Count);
        CollectionAssert.AreEqual(Enumerable.Range(0, 1000).Select(i => $"{i}").ToArray(), list.Items.ToArray());
        list.Clear();
        Assert.AreEqual(0, list.Items.Length);
        Assert.IsTrue(list.Add(1000).ToArray().All(item => item is null), "references of what was forgotten are held");
        list.Release();
        list.Release();
        Assert.AreEqual(0, list.Count);
        list.Add(3).Fill("again");
        CollectionAssert.AreEqual(new[] { "again", "again", "again" }, list.Items.ToArray());
    }
}
