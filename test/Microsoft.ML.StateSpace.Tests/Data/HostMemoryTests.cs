using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class HostMemoryTests
{
    /// <summary>For who asked and for the threads that it starts, until it ends; for nobody else.</summary>
    [TestMethod]
    public void TheCpuStandsInForWhoAskedForIt()
    {
        using var tensor = zeros(1);
        bool IsHost() => CPU.IsHost() & tensor.IsOnHost();
        using var asked = new ManualResetEventSlim();
        bool other = false;
        var before = new Thread(() =>
        {
            asked.Wait();
            other = IsHost();
        });
        before.Start();
        Assert.IsTrue(IsHost());
        using (HostMemory.StandIn())
        {
            bool started = true;
            var within = new Thread(() => started = IsHost());
            within.Start();
            within.Join();
            asked.Set();
            before.Join();
            using (HostMemory.StandIn())
                Assert.IsFalse(IsHost());
            Assert.IsFalse(IsHost());
            Assert.IsFalse(started);
            Assert.IsTrue(other);
        }
        Assert.IsTrue(IsHost());
    }
}
