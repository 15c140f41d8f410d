using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Threads that share tasks: all at once, none lost, faults thrown to whoever gave them.</summary>
[TestClass]
public class WorkerTeamTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(9)]
    public void EveryTaskHasAThreadOfItsOwn(int size)
    {
        using var team = new WorkerTeam(size);
        int[] threads = new int[size];
        for (int round = 0; round < 50; round++)
        {
            using var meeting = new Barrier(size);
            team.Together([.. Enumerable.Range(0, size)], i =>
            {
                // Nobody passes before all have come.
                Assert.IsTrue(meeting.SignalAndWait(TimeSpan.FromMinutes(1)));
                threads[i] = Environment.CurrentManagedThreadId;
            });
            Assert.AreEqual(size, threads.Distinct().Count());
            Assert.AreEqual(Environment.CurrentManagedThreadId, threads[0]);
        }
    }

    [TestMethod]
    public void ThereMayBeFewerTasksThanThreads()
    {
        using var team = new WorkerTeam(3);
        foreach (int count in new[] { 3, 1, 2, 3 })
        {
            int[] done = new int[3];
            team.Together([.. Enumerable.Range(0, count)], i => done[i]++);
            CollectionAssert.AreEqual(Enumerable.Range(0, 3).Select(i => i < count ? 1 : 0).ToArray(), done);
        }
    }

    [TestMethod]
    public void ThingsAreDealtBySize()
    {
        using var team = new WorkerTeam(3);
        int[][] dealt = team.Deal([5L, 1, 9, 2, 4], size => size);
        CollectionAssert.AreEqual(new[] { 2 }, dealt[0]);
        CollectionAssert.AreEqual(new[] { 0, 1 }, dealt[1]);
        CollectionAssert.AreEqual(new[] { 3, 4 }, dealt[2]);
        Assert.AreEqual(2, team.Deal([1L, 1], size => size).Length);
        Assert.AreEqual(0, team.Deal(Array.Empty<long>(), size => size).Single().Length);
    }

    [TestMethod]
    public void AThreadThatHasGoneToSleepIsWoken()
    {
        using var team = new WorkerTeam(2);
        for (int round = 0; round < 3; round++)
        {
            int done = 0;
            team.Together([0, 1], i =>
            {
                Thread.Sleep(20 * i);
                Interlocked.Increment(ref done);
            });
            Assert.AreEqual(2, done);
            Thread.Sleep(20);
        }
    }

    [TestMethod]
    [DataRow(0, "task 0")]
    [DataRow(1, "task 1")]
    [DataRow(2, "task 2")]
    [DataRow(-1, "task 0")]
    public void AFaultIsThrownWhenAllAreDone(int faulty, string message)
    {
        using var team = new WorkerTeam(3);
        int ended = 0;
        var thrown = Assert.ThrowsExactly<InvalidOperationException>(() => team.Together([0, 1, 2], i =>
        {
            if (i != faulty && faulty >= 0)
                Thread.Sleep(30);
            Interlocked.Increment(ref ended);
            if (i == faulty || faulty < 0)
                throw new InvalidOperationException($"task {i}");
        }));
        Assert.AreEqual(message, thrown.Message);
        Assert.AreEqual(3, ended);
        // The fault is over.
        team.Together([0, 1, 2], _ => { });
    }
}
