using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class SyntheticRandomTests
{
    [TestMethod]
    [DataRow(0u, new[] { 1.764052345967664, 0.4001572083672233, 0.9787379841057392, 2.240893199201458, 1.8675579901499675 })]
    [DataRow(1u, new[] { 1.6243453636632417, -0.6117564136500754, -0.5281717522634557, -1.0729686221561705, 0.8654076293246785 })]
    [DataRow(42u, new[] { 0.4967141530112327, -0.13826430117118466, 0.6476885381006925, 1.5230298564080254, -0.23415337472333597 })]
    public void GaussiansAreNumpys(uint seed, double[] expected)
    {
        var random = new NumpyLegacyRandom(seed);
        foreach (double value in expected)
        {
            Assert.AreEqual(value, random.NextGaussian(), 1e-15 * 4);
        }
    }

    [TestMethod]
    [DataRow(0u, new[] { 0.5488135039273248, 0.7151893663724195, 0.6027633760716439, 0.5448831829968969, 0.4236547993389047 })]
    [DataRow(1u, new[] { 0.417022004702574, 0.7203244934421581, 0.00011437481734488664, 0.30233257263183977, 0.14675589081711304 })]
    public void UniformsAreNumpysToTheLastBit(uint seed, double[] expected)
    {
        var random = new NumpyLegacyRandom(seed);
        foreach (double value in expected)
        {
            Assert.AreEqual(value, random.NextDouble());
        }
    }

    [TestMethod]
    public void AUniformIsScaledAsNumpyDoes()
    {
        var random = new NumpyLegacyRandom(0);
        Assert.AreEqual(-0.2 + 0.4 * 0.5488135039273248, random.NextUniform(-0.2, 0.2));
    }

    [TestMethod]
    public void FillingContinuesTheStream()
    {
        var together = new NumpyLegacyRandom(3);
        var apart = new NumpyLegacyRandom(3);
        var values = new double[7];
        together.FillGaussian(values);
        foreach (double value in values)
        {
            Assert.AreEqual(apart.NextGaussian(), value);
        }

        Assert.AreEqual(apart.NextGaussian(), together.NextGaussian());
    }
}
